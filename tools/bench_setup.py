"""What the benchmark needs, made once under ``.bench/``: interpreters, environments, subjects."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from subjects import Archive, download, run, unpack

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".bench"
DOWNLOADS = BENCH / "download"
VERSIONS = ("3.11", "3.12", "3.13")
SCRIPTS = "Scripts" if os.name == "nt" else "bin"

SUBJECTS = {
    archive.name: archive
    for archive in (
        Archive(
            "itsdangerous",
            "2.2.0",
            "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173",
        ),
        Archive(
            "click", "8.1.8", "ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a"
        ),
        Archive(
            "jinja2", "3.1.6", "0137fb05990d35f1275a587e9aee6d56da821fc83491a0fb838183be43f66d6d"
        ),
        Archive(
            "networkx", "3.4.2", "307c3669428c5362aab27c8a1260aa8f47c4e91d3891f48be0141738d8d053e1"
        ),
        Archive(
            "Django", "5.2", "1a47f7a7a3d43ce64570d350e008d2949abe8c7e21737b351b6a1611277c6d89"
        ),
    )
}

# click 8.1.8 treats warnings as errors, and pytest 9 warns about its tests.
TOOLS = ("pytest>=8.2,<9", "pytest-cov>=7,<8", "pytest-testmon==2.2.*", "trio", "freezegun")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One Python and the environment that was made with it."""

    minor: str
    full: str
    python: Path

    def versions(self) -> dict[str, str]:
        """Return distribution → version of what is measured."""
        code = (
            "import importlib.metadata as m, json; "
            "print(json.dumps({n: m.version(n) for n in "
            "('pytest', 'pytest-cov', 'pytest-testmon', 'coverage', 'libcst')}))"
        )
        found: dict[str, str] = json.loads(run([self.python, "-c", code]))
        return found


def find_interpreters(wanted: list[str]) -> dict[str, Path]:
    """Return version → interpreter of those that are installed: on PATH, or by pyenv or uv."""
    found: dict[str, Path] = {}
    for minor in wanted:
        names = [shutil.which(f"python{minor}"), *_elsewhere(minor)]
        for name in names:
            if name and _is(name, minor):
                found[minor] = Path(name)
                break
    return found


def _elsewhere(minor: str) -> list[str]:
    folders = (
        Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions",
        Path.home() / ".local" / "share" / "uv" / "python",
    )
    return [
        str(python)
        for folder in folders
        for python in sorted(folder.glob(f"*{minor}.*/bin/python{minor}"), reverse=True)
    ]


def _is(python: str, minor: str) -> bool:
    """A name may be a version manager's shim for a version that is not switched on."""
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == minor


def fetch(names: list[str]) -> None:
    """Download and unpack the subjects that are not there yet."""
    archives = [SUBJECTS[name] for name in names]
    download(archives, DOWNLOADS)
    for archive in archives:
        if not (folder_of(archive.name) / ".git").is_dir():
            unpack(archive, DOWNLOADS, folder_of(archive.name))


def folder_of(name: str) -> Path:
    """Return where a subject is unpacked."""
    return BENCH / "subjects" / name


def environment(minor: str, base: Path, subjects: list[str]) -> Interpreter:
    """Return an environment with the tools, tdad and the subjects (editable), built if need be.

    Without subjects it is the environment that tdad alone runs in, as ``pipx`` would make it.
    """
    folder = BENCH / f"{'env' if subjects else 'tool'}-{minor}"
    python = folder / SCRIPTS / "python"
    stamp = folder / "bench-stamp"
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    dependencies = pyproject.partition("\ndependencies = [")[2].partition("]")[0]
    wanted = repr((str(base), ROOT.as_posix(), dependencies, TOOLS, sorted(subjects)))
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        run([base, "-m", "venv", "--clear", folder])
        editable = [part for name in subjects for part in ("-e", str(folder_of(name)))]
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        run([*pip, *TOOLS, "-e", str(ROOT)])
        if editable:
            run([*pip, "--no-deps", *editable])
            run([*pip, "markupsafe"])
        stamp.write_text(wanted, encoding="utf-8")
    full = run([python, "-c", "import platform; print(platform.python_version())"]).strip()
    return Interpreter(minor, full, python)
