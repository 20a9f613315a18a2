"""One bug, repaired in each way by ``tdad fix`` itself; an independent run of the whole suite checks each patch."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repair_bugs import Bug, release
from repair_harmless import Harmless
from repair_setup import baseline, clean, folder, python, suite
from repair_story import Story, tell
from subjects import run

GOOD, BISECT, TEMPLATE = "good version known", "good version searched", "template"
WAYS = (GOOD, BISECT, TEMPLATE)
TIME = "10m"
"""For the search of one way."""
LONGEST_S = 1200.0
BEGUN = re.compile(r" of \d+ tests fails?$")
"""The last thing that ``tdad fix`` says about the start."""


@dataclass(frozen=True, slots=True)
class Run:
    """How ``tdad fix`` ended."""

    code: int | None
    """``None``: it did not end, and was killed."""
    document: Mapping[str, Any]
    said: Sequence[str]
    start_s: float
    """Until it knew what fails."""
    wall_s: float


def measure(
    name: str, bug: Bug, harmless: Harmless, ways: Sequence[str], jobs: int
) -> list[dict[str, Any]]:
    """Repair one bug in each of ``ways``; the results as JSON values."""
    story = tell(name, bug, harmless)
    kept = folder(name) / ".tdad" / "fix"
    shutil.rmtree(kept, ignore_errors=True)
    found, begun, start_s = [], "", 0.0
    for way in ways:
        done = fix(name, _options(way, story, begun), jobs)
        if not begun and done.code in {0, 1, 5, 6}:
            begun, start_s = _begin_again_with(kept, str(done.document["run"])), done.start_s
        found.append(_result(name, bug, story, done, way=way, start_s=start_s))
        clean(name, "HEAD")
    clean(name)
    return found


def _options(way: str, story: Story, begun: str) -> list[str]:
    options = {
        GOOD: ["--arm", "revert", "--good", story.good],
        BISECT: ["--arm", "revert"],
        TEMPLATE: ["--arm", "template", "--arm", "held-back"],
    }[way]
    return [*options, *(["--resume", begun] if begun else [])]


def _begin_again_with(kept: Path, name: str) -> str:
    """A run that knows what the suite did at the start, which is measured once per bug, and nothing that was tried."""
    other = kept / f"{name}-start"
    if not other.exists():
        other.mkdir()
        for file in ("start.json", "map.sqlite3"):
            if (kept / name / file).exists():
                shutil.copy2(kept / name / file, other / file)
    else:
        (other / "tried.jsonl").unlink(missing_ok=True)
    return other.name


def fix(name: str, options: Sequence[str], jobs: int) -> Run:
    """Run the command as a user would."""
    command = [sys.executable, "-m", "tdad", "fix", "--json", "--time", TIME]
    command += ["--jobs", str(jobs), "--python", str(python()), "--engine", "search", *options]
    began, start_s = time.monotonic(), 0.0
    said: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=folder(name),
        env=os.environ | {"NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stdout is not None
    for line in process.stderr:
        said.append(line.rstrip())
        if BEGUN.search(said[-1]):
            start_s = time.monotonic() - began
    text = process.stdout.read()
    code = process.wait(LONGEST_S)
    document = json.loads(text) if text.startswith("{") else {}
    return Run(code, document, said, start_s, time.monotonic() - began)


def _result(
    name: str, bug: Bug, story: Story, done: Run, *, way: str, start_s: float
) -> dict[str, Any]:
    document = done.document
    patch = document.get("patch") or {}
    checked, exact = _checked(name, bug, patch)
    own_s = done.wall_s - done.start_s
    return {
        "subject": name,
        "key": bug.key,
        "kind": bug.kind,
        "where": bug.where,
        "what": bug.what,
        "way": way,
        "end": document.get("end", _last(done.said)),
        "fixed": document.get("end") == "fixed" and checked,
        "exact": exact,
        "hunks": story.hunks,
        "failing": len(document.get("targets", ())),
        "held": len(document.get("held_back", ())),
        "overfitted": document.get("overfitted", 0),
        "regressing": document.get("regressing", 0),
        "candidates": document.get("candidates", 0),
        "broken": len(((patch.get("measured") or {}).get("broken")) or ()),
        "start_s": round(start_s, 1),
        "search_s": round(own_s, 1),
        "lines": patch.get("lines", 0),
        "why": str(patch.get("why", "")),
    }


def _checked(name: str, bug: Bug, patch: Mapping[str, Any]) -> tuple[bool, bool]:
    """(every test ends as it did before the bug, the file is the release's again)."""
    if not patch:
        return False, False
    root = folder(name)
    diff = root.parent / f"{name}.patch"
    diff.write_text(patch["diff"], encoding="utf-8")
    run(["git", "apply", diff], root)
    after = suite(name)
    same = after is not None and not after.broken_since(baseline(name))
    now = release(name, bug.path)
    run(["git", "checkout", "--quiet", "--force", "release", "--", bug.path], root)
    return same, now == release(name, bug.path)


def _last(said: Sequence[str]) -> str:
    return said[-1] if said else "nothing was said"
