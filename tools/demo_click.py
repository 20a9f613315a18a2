"""What the demos on click have in common: the project as it was released, an environment, and small changes to it.

Standard library only.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from subjects import Archive, download, run, unpack

ROOT = Path(__file__).resolve().parent.parent
CLICK = Archive(
    "click", "8.1.8", "ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a"
)
TOOLS = (
    "pytest>=8.2,<9",
)  # click 8.1.8 treats warnings as errors, and pytest 9 warns about its tests
IDENTITY = (
    "-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false",
    "-c", "core.hooksPath=.no-hooks",
)  # fmt: skip


class DemoError(Exception):
    """What was promised did not happen."""


@dataclass(frozen=True, slots=True)
class Change:
    """In ``file``, ``before`` becomes ``after``, once."""

    file: str
    before: str
    after: str


RANGE_SLIP = Change(
    "src/click/types.py",
    "            operator.ge if self.max_open else operator.gt\n",
    "            operator.gt if self.max_open else operator.ge\n",
)
""">= and > have changed places."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The folder of one demo."""

    folder: Path

    @property
    def project(self) -> Path:
        """click, a git repository."""
        return self.folder / "click"

    @property
    def python(self) -> Path:
        """The project's interpreter."""
        return self.folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"

    def prepare(self) -> None:
        """Unpack the project as it was released, and make an environment with it if there is none.

        Raises:
            SubjectError: a command failed.
        """
        download([CLICK], self.folder / "download")
        unpack(CLICK, self.folder / "download", self.project)
        (self.project / ".git/info/exclude").write_text(
            "*.egg-info/\n__pycache__/\n.tdad/\n", "utf-8"
        )
        environment = self.folder / "env"
        stamp = environment / "stamp"
        wanted = repr((sys.version, TOOLS, CLICK))
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return
        shown = environment.relative_to(ROOT).as_posix()
        print(f"Making the project's environment in {shown} (once) ...", flush=True)
        run([sys.executable, "-m", "venv", "--clear", environment])
        pip: list[str | Path] = [self.python, "-m", "pip", "install", "--quiet"]
        run([*pip, "--disable-pip-version-check", *TOOLS, "-e", self.project])
        stamp.write_text(wanted, encoding="utf-8")

    def make(self, change: Change) -> None:
        """Put one change into the tree.

        Raises:
            DemoError: the file is not what it should be.
        """
        path = self.project / change.file
        text = path.read_text(encoding="utf-8")
        if text.count(change.before) != 1:
            raise DemoError(f"{change.file} does not hold what is to be changed exactly once")
        path.write_text(text.replace(change.before, change.after), encoding="utf-8")
