"""Create the environment of the real model that tests/model talks to, if need be.

    python tools/model_environment.py .venv-model              a failure is noted, and the tests say it as they skip
    python tools/model_environment.py .venv-model --required   a failure is a failure

Standard library only.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "tests" / "model" / "requirements.txt"
TIMEOUT_S = 600


def main(folder: Path, *, required: bool) -> int:
    """Bring ``folder`` up to date and return an exit code."""
    stamp = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    stamp_file, why_not = folder / "tdad-stamp", folder / "why-not.txt"
    if stamp_file.exists() and stamp_file.read_text(encoding="utf-8") == stamp:
        return 0
    print(f"Creating {folder} (a real small model, 127 MB)", file=sys.stderr)
    venv.create(folder, with_pip=True)
    problem = _install(folder)
    if problem:
        why_not.write_text(problem, encoding="utf-8")
        print(f"No real model for the tests: {problem}", file=sys.stderr)
        return 1 if required else 0
    why_not.unlink(missing_ok=True)
    stamp_file.write_text(stamp, encoding="utf-8")
    return 0


def _install(folder: Path) -> str:
    """Install the wheels; return what went wrong, empty for nothing."""
    python = folder / "bin" / "python"
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    command: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        *options,
        "--require-hashes",
        "-r",
        REQUIREMENTS,
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (errors or ["pip failed"])[0] if done.returncode else ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), required="--required" in sys.argv[2:]))
