"""SKILL.md: at most 25 lines that teach a coding agent to use the map.

Short on purpose: in the TDAD paper (arXiv 2603.17973) cutting the skill from 107 to 20 lines
raised the share of solved tasks; context beats procedure.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tdad.errors import SkillEdited
from tdad.report.documents import dumps
from tdad.report.lines import line, print_lines

FOLDERS = (".claude/skills/tdad", ".qwen/skills/tdad", ".agents/skills/tdad")

SKILL = """\
---
name: tdad
description: Finds the tests that a code change puts at risk and runs just those. Use it whenever \
you edit Python code in this repository, before you say that you are done.
---
# Tests at risk

1. Fix: make the smallest change that solves the task. Do not edit a test to make it pass.
2. Look up: `tdad impact --limit 20` lists the tests your change puts at risk, best first, and why.
   Without tdad: `grep '^path/to/changed_file.py:' .tdad/test_map.txt` lists test files.
3. Run: `pytest --tdad-select`; without tdad: `pytest` and the files you looked up.
4. Repair: a test that passed before and fails now was broken by your change. Change the code,
   not the test, and go on with step 2 until they pass.

`tdad explain NODE_ID` says step by step how your change reaches a test.
No map yet: `pytest --tdad-map` makes one. A new behaviour needs a new test.
"""

_SEAL = re.compile(r"\n<!-- written by tdad skill; ([0-9a-f]{16}) -->\n?\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """One SKILL.md, and whether it had to be written."""

    path: str
    changed: bool


def sealed(body: str) -> str:
    """``body`` with a last line by which :func:`untouched` knows it again."""
    return f"{body}\n<!-- written by tdad skill; {_digest(body)} -->\n"


def untouched(text: str) -> bool:
    """Tell whether some version of tdad wrote ``text``; git may have converted the line ends."""
    text = text.replace("\r\n", "\n")
    seal = _SEAL.search(text)
    return seal is not None and seal[1] == _digest(text[: seal.start()])


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def write_skills(root: Path, *, to: Path | None, force: bool) -> list[Written]:
    """Write SKILL.md where agents look for it, or into ``to`` only.

    Raises:
        SkillEdited: one of the files was edited by hand and ``force`` is off; then none is
        written.
    """
    folders = [to] if to is not None else [root / folder for folder in FOLDERS]
    targets = [folder / "SKILL.md" for folder in folders]
    text = sealed(SKILL)
    for target in targets:
        if target.exists() and not force and not untouched(_read(target)):
            raise SkillEdited(str(target))
    return [Written(str(target), _write(target, text)) for target in targets]


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _write(target: Path, text: str) -> bool:
    if target.exists() and _read(target).replace("\r\n", "\n") == text:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    real = target.resolve()  # a link stays a link
    partial = real.with_name(f"{real.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(real)
    finally:
        partial.unlink(missing_ok=True)
    return True


def print_written(written: Sequence[Written], *, as_json: bool) -> None:
    """Write the answer to standard output."""
    if as_json:
        files = [{"path": each.path, "changed": each.changed} for each in written]
        sys.stdout.write(dumps({"schema": "tdad.skill/1", "files": files}))
    else:
        print_lines(
            line(f"{'wrote' if each.changed else 'up to date'}  {each.path}") for each in written
        )
