"""``python -m tdad``."""

from tdad.cli import main

if __name__ == "__main__":
    main()
