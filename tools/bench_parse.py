"""The yardstick of the index: ``libcst.parse_module`` on every file that a list names, nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import libcst


def main(names: Path) -> None:
    """Parse the files; those that do not parse take their time, too."""
    for name in names.read_text(encoding="utf-8").splitlines():
        try:
            libcst.parse_module(Path(name).read_bytes())
        except (libcst.ParserSyntaxError, UnicodeDecodeError):
            continue


if __name__ == "__main__":
    main(Path(sys.argv[1]))
