"""Create a virtual environment with tdad (editable) and one dependency group, if need be.

    python tools/environment.py .venv dev

Standard library only: it runs before anything is installed. Whether the environment is current is
decided by a stamp over what decides its contents, so editing a lint rule in pyproject.toml
reinstalls nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def requirements(pyproject: dict[str, Any], group: str) -> list[str]:
    """Requirement strings of ``group``, included groups unfolded (PEP 735)."""
    found: list[str] = []
    for entry in pyproject["dependency-groups"][group]:
        if isinstance(entry, str):
            found.append(entry)
        else:
            found += requirements(pyproject, entry["include-group"])
    return found


def stamp_of(pyproject: dict[str, Any], group: str) -> str:
    """Digest of all that decides what the environment holds."""
    decisive = [
        sys.version,
        str(ROOT),
        group,
        pyproject["build-system"],
        pyproject["project"],
        pyproject["dependency-groups"],
    ]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def python_of(folder: Path) -> Path:
    """The environment's interpreter."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def works(python: Path) -> bool:
    """Tell whether the interpreter starts (its base may have been removed or moved)."""
    if not python.exists():
        return False
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def main(folder: Path, group: str) -> int:
    """Bring ``folder`` up to date and return the exit code of what failed, or 0."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    stamp, stamp_file = stamp_of(pyproject, group), folder / "tdad-stamp"
    python = python_of(folder)
    if stamp_file.exists() and stamp_file.read_text() == stamp and works(python):
        return 0
    print(f"Creating {folder} (Python {sys.version.split()[0]}, group {group})", file=sys.stderr)
    if folder.exists() and not works(python):
        shutil.rmtree(folder)
    stamp_file.unlink(missing_ok=True)
    if not python.exists():
        venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    install: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    done = subprocess.run(
        [*install, "-e", str(ROOT), *requirements(pyproject, group)], check=False
    )
    if done.returncode:
        print(
            f"Could not fill {folder}; run the same command again once that is put right.",
            file=sys.stderr,
        )
        return done.returncode
    stamp_file.write_text(stamp)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
