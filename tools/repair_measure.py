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
from threading import Timer
from typing import Any

from repair_bugs import Bug, release
from repair_harmless import Harmless
from repair_setup import REPAIR, baseline, clean, folder, python, suite
from repair_story import Story, tell
from subjects import run

GOOD, BISECT, TEMPLATE = "good version known", "good version searched", "template"
WAYS = (GOOD, BISECT, TEMPLATE)
_SEARCH = ("--engine", "search")
LONGEST_S = 1200.0
"""A repair that takes longer is ended: the bug counts as not repaired, and the reason is kept with it."""
BEGUN = re.compile(r" of \d+ tests fails?$")
"""The last thing that ``tdad fix`` says about the start."""


@dataclass(frozen=True, slots=True)
class Run:
    """How ``tdad fix`` ended."""

    code: int
    document: Mapping[str, Any]
    said: Sequence[str]
    start_s: float
    """Until it knew what fails."""
    wall_s: float


def measure(
    name: str, bug: Bug, harmless: Harmless, ways: Sequence[str], options: Sequence[str]
) -> list[dict[str, Any]]:
    """Repair one bug in each of ``ways``, with more options for ``tdad fix``; the results as JSON values."""
    story = tell(name, bug, harmless)
    start = Start(name)
    found = []
    for way in ways:
        done = start.fix([*_SEARCH, *options, *_options(way, story)])
        found.append(_result(name, bug, story, done, way=way, start_s=start.seconds))
        clean(name, "HEAD")
    clean(name)
    return found


class Start:
    """What the suite does at the start of a repair of one bug: found out by the first run, handed to the others."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seconds = 0.0
        self._kept = folder(name) / ".tdad" / "fix"
        self._saved = REPAIR / f"start-{name}"
        for old in (self._kept, self._saved):
            shutil.rmtree(old, ignore_errors=True)

    def known(self) -> list[str]:
        """The failing tests; a run of no time finds them out if no other has."""
        if not self._saved.exists():
            self.fix([*_SEARCH, "--arm", "template", "--time", "1s", "--attempts", "1"])
        return list(self._document()["targets"])

    def _document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self._saved / "start.json").read_text("utf-8"))
        return found

    def fix(self, options: Sequence[str], shown: Sequence[str] = ()) -> Run:
        """Run ``tdad fix``; nothing that an earlier run tried is known to it.

        Args:
            options: Of the command.
            shown: The failing tests that it shall know of, as with ``--test``; none: all. The start must be known.
        """
        if not self._saved.exists():
            done = fix(self.name, options)
            if done.document and done.start_s:
                self._save(str(done.document["run"]))
                self.seconds = done.start_s
            return done
        run = self._kept / self._saved.name
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(self._saved, run)
        if shown:
            document = self._document() | {"targets": list(shown)}
            (run / "start.json").write_text(json.dumps(document), encoding="utf-8")
        return fix(self.name, [*options, "--resume", run.name])

    def _save(self, run: str) -> None:
        self._saved.mkdir()
        for file in ("start.json", "map.sqlite3"):
            if (self._kept / run / file).exists():
                shutil.copy2(self._kept / run / file, self._saved / file)


def _options(way: str, story: Story) -> list[str]:
    return {
        GOOD: ["--arm", "revert", "--good", story.good],
        BISECT: ["--arm", "revert"],
        TEMPLATE: ["--arm", "template", "--arm", "held-back"],
    }[way]


def fix(name: str, options: Sequence[str]) -> Run:
    """Run the command as a user would."""
    command = [sys.executable, "-m", "tdad", "fix", "--json", "--python", str(python()), *options]
    began, start_s = time.monotonic(), 0.0
    said: list[str] = []
    answer = REPAIR / f"answer-{name}.json"
    with answer.open(
        "w"
    ) as output:  # not a pipe: who reads what is said would wait for who writes the answer
        process = subprocess.Popen(
            command,
            cwd=folder(name),
            env=os.environ | {"NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        end = Timer(LONGEST_S, process.terminate)
        end.start()
        for line in process.stderr:
            said.append(line.rstrip())
            if BEGUN.search(said[-1]):
                start_s = time.monotonic() - began
        code = process.wait()
        if end.finished.is_set():
            said.append(f"ended after {LONGEST_S:.0f} s")
        end.cancel()
    text = answer.read_text(encoding="utf-8")
    document = json.loads(text) if text.startswith("{") else {}
    return Run(code, document, said, start_s, time.monotonic() - began)


def named(name: str, bug: Bug, way: str) -> dict[str, Any]:
    """What a result is about: a bug of a subject, and how its repair was tried."""
    return {
        "subject": name,
        "key": bug.key,
        "kind": bug.kind,
        "where": bug.where,
        "what": bug.what,
        "way": way,
    }


def _result(
    name: str, bug: Bug, story: Story, done: Run, *, way: str, start_s: float
) -> dict[str, Any]:
    document = done.document
    patch = document.get("patch") or {}
    checked, exact = checked_again(name, bug, patch)
    own_s = done.wall_s - done.start_s
    return {
        **named(name, bug, way),
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


def checked_again(name: str, bug: Bug, patch: Mapping[str, Any]) -> tuple[bool, bool]:
    """(every test ends as it did before the bug, the file is the release's again)."""
    broken, exact = broken_with(name, bug, patch)
    return broken == [], exact


def broken_with(name: str, bug: Bug, patch: Mapping[str, Any]) -> tuple[list[str] | None, bool]:
    """(tests that passed before the bug and do not with the patch, the file is the release's again).

    ``None`` instead of the tests: there is no patch, or the suite does not end.
    """
    if not patch:
        return None, False
    root = folder(name)
    diff = root.parent / f"{name}.patch"
    diff.write_text(patch["diff"], encoding="utf-8")
    run(["git", "apply", diff], root)
    after = suite(name)
    broken = None if after is None else after.broken_since(baseline(name))
    now = release(name, bug.path)
    run(["git", "checkout", "--quiet", "--force", "release", "--", bug.path], root)
    return broken, now == release(name, bug.path)


def _last(said: Sequence[str]) -> str:
    return said[-1] if said else "nothing was said"
