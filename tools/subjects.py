"""Real projects from the package index: downloaded by version and hash, unpacked as git repositories.

Standard library only. What the demo and the benchmark have in common.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TESTMON_LEFT_OUT = {
    "jinja2": ("tests/test_loader.py::TestLoaders::test_filesystem_loader_overlapping_names",)
}
"""Tests that testmon breaks down on, so that nothing is recorded unless they are left out."""


class SubjectError(Exception):
    """A command that had to work did not, or what came from the index is not what was asked for."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A source distribution of the package index."""

    name: str
    version: str
    sha256: str

    def file(self, downloads: Path) -> Path:
        """Where it is in ``downloads``."""
        return downloads / f"{self.name}-{self.version}.tar.gz"

    def intact(self, downloads: Path) -> bool:
        """Tell whether it is there and is the pinned one."""
        file = self.file(downloads)
        return file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == self.sha256


def download(archives: Sequence[Archive], downloads: Path) -> None:
    """Fetch what is not there yet; pip refuses what does not have its hash.

    Raises:
        SubjectError: pip failed, or an archive is not the pinned one.
    """
    missing = [archive for archive in archives if not archive.intact(downloads)]
    if not missing:
        return
    downloads.mkdir(parents=True, exist_ok=True)
    pins = downloads / "pins.txt"
    pins.write_text(
        "".join(f"{each.name}=={each.version} --hash=sha256:{each.sha256}\n" for each in missing)
    )
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--require-hashes", "--no-binary", ",".join(a.name for a in missing)]
    run([*pip, *options, "--dest", downloads, "--requirement", pins])
    for archive in missing:
        if not archive.intact(downloads):
            raise SubjectError(f"{archive.file(downloads)} is not what was asked for")


def unpack(archive: Archive, downloads: Path, folder: Path) -> None:
    """Make ``folder`` a fresh git repository with one commit: the project.

    Raises:
        SubjectError: git failed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    staging = folder.with_name(folder.name + ".staging")
    shutil.rmtree(staging, ignore_errors=True)
    with tarfile.open(archive.file(downloads)) as opened:
        opened.extractall(staging, filter="data")
    (inside,) = staging.iterdir()
    folder.parent.mkdir(parents=True, exist_ok=True)
    inside.rename(folder)
    staging.rmdir()
    identity = ["-c", "user.name=tdad", "-c", "user.email=tdad@localhost"]
    plain = ["-c", "commit.gpgsign=false", "-c", "core.hooksPath=.no-hooks"]
    run(["git", "init", "--quiet"], folder)
    run(["git", "add", "--all"], folder)
    message = f"{archive.name} {archive.version}"
    run(["git", *identity, *plain, "commit", "--quiet", "-m", message], folder)


def run(command: Sequence[str | Path], folder: Path | None = None) -> str:
    """Run a command that has to work, and return what it printed.

    Raises:
        SubjectError: it did not work.
    """
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SubjectError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
