"""What surrounds a model, measured with two that play a part: the oracle and the clumsy one (``tests/servers``).

    python tools/repair_model.py [--subjects itsdangerous,click,jinja2] [--bugs 20] [--oracle F] [--clumsy A,B,F]
                                 [--half F] [--minutes M] [--table]

Each bug of ``repair.py`` is repaired by ``tdad fix --engine model`` over HTTP, one attempt per arm.
The oracle shows what a repair costs when nothing is left to find out, the clumsy model what the checks let through;
``--half``: the clumsy model, told of half of the failing tests, the others show whether its patch only overfits. A
stopped run goes on where it was. Results go to ``docs/explanation/repair-model-results.jsonl``, the tables to
``docs/explanation/repair.md``.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

from accuracy_setup import NoPythonError
from play_model import playing
from repair_bugs import HISTORICAL, OTHER, SEEDED, Bug, bugs, release
from repair_measure import Start, broken_with, named
from repair_model_table import write_model_tables
from repair_results import MODELS, add, keep, known
from repair_setup import NAMES, REPAIR, alone, baseline, clean, folder, prepare
from repair_story import tell
from repair_wrong import proposals
from subjects import SubjectError

ARMS = "ABCDEF"
LIMITS = ("--engine", "model", "--attempts", "1", "--steps", "30", "--time", "4m", "--seed", "1")
ORACLE, CLUMSY, HALF = "oracle", "clumsy", "clumsy half"


def main(arguments: list[str]) -> int:
    """Measure what was asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="repair_model", description=__doc__.partition("\n")[0])
    parser.add_argument("--subjects", default=",".join(NAMES))
    parser.add_argument("--bugs", type=int, default=20, help="per subject")
    parser.add_argument("--oracle", default="F", help="arms, e.g. A,F; 'none'")
    parser.add_argument("--clumsy", default="A,B,F")
    parser.add_argument("--half", default="F", help="arms of the clumsy model; 'none'")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no bug after this long")
    parser.add_argument("--table", action="store_true", help="write down what is measured by now")
    options = parser.parse_args(arguments)
    names = options.subjects.split(",")
    wanted = [(ORACLE, arm) for arm in options.oracle.split(",") if arm in ARMS]
    wanted += [(CLUMSY, arm) for arm in options.clumsy.split(",") if arm in ARMS]
    wanted += [(HALF, arm) for arm in options.half.split(",") if arm in ARMS]
    until = time.monotonic() + options.minutes * 60
    try:
        if not options.table:
            prepare(names)
            for name in names:
                with alone(name):
                    _subject(name, options.bugs, wanted, until)
    except (SubjectError, NoPythonError) as error:
        print(f"repair_model: {error}", file=sys.stderr)
        return 1
    keep(list(NAMES), MODELS)
    write_model_tables()
    return 0


def _subject(name: str, number: int, wanted: Sequence[tuple[str, str]], until: float) -> None:
    clean(name)
    baseline(name)
    done = known(name, MODELS)
    for at, bug in enumerate(islice(_mixed(name), number)):
        todo = [each for each in wanted if (bug.key, " ".join(each)) not in done]
        if time.monotonic() > until:
            print(f"{name}: the time is over", flush=True)
            return
        if not todo:
            continue
        wrong = proposals(name, bug, at) if any(part != ORACLE for part, _ in todo) else []
        tell(name, bug, {})  # a model is shown nothing of the history
        start = Start(name)
        for part, arm in todo:
            result = _measured(start, bug, part, arm, wrong)
            add(name, [result], MODELS)
            _say(result)
            clean(name, "HEAD")
        clean(name)


def _mixed(name: str) -> Iterator[Bug]:
    """Of each kind one in turn."""
    clean(name)
    kinds = [list(bugs(name, kind)) for kind in (SEEDED, HISTORICAL, OTHER)]
    return (each for each in chain.from_iterable(zip_longest(*kinds)) if each is not None)


def _measured(
    start: Start, bug: Bug, part: str, arm: str, wrong: Sequence[tuple[str, Mapping[str, str]]]
) -> dict[str, Any]:
    name = start.name
    held = _held(start, bug) if part == HALF else []
    if part == HALF and not held:
        return named(name, bug, f"{part} {arm}") | {"held": 0}
    shown = [test for test in start.known() if test not in held] if held else []
    with told(name, bug, part, wrong) as url:
        done = start.fix([*LIMITS, "--base-url", url, "--arm", arm], shown)
    document = done.document
    patch = document.get("patch") or {}
    measured = patch.get("measured") or {}
    fixed = document.get("end") == "fixed"
    broken = broken_with(name, bug, patch)[0] if fixed else None
    attempts = document.get("attempts") or [{}]
    return named(name, bug, f"{part} {arm}") | {
        "first": wrong[0][0] if wrong and part != ORACLE else "",
        "end": document.get("end", done.said[-1] if done.said else "nothing was said"),
        "resolved": broken == [],
        "held": len(held),
        "overfits": bool(set(held) & set(broken or ())),
        "empty": not patch,
        "broken": len(measured.get("broken", ())),
        "passing": document.get("total_tests", 0) - len(document.get("targets", ())),
        "catastrophic": bool(measured.get("catastrophic")),
        "steps": sum(each.get("steps", 0) for each in attempts),
        "edits": sum(each.get("edits", 0) for each in attempts),
        "refused": sum(each.get("refused", 0) for each in attempts),
        "tokens": sum(each.get("tokens", 0) for each in attempts),
        "ended": attempts[-1].get("end", ""),
        "seconds": round(done.wall_s, 1),
    }


def _held(start: Start, bug: Bug) -> list[str]:
    """Half of the failing tests, drawn by the bug; none where only one fails."""
    failing = start.known()
    chance = random.Random(bug.key)  # noqa: S311 - a sample, not a secret
    return sorted(chance.sample(failing, len(failing) // 2))


@contextmanager
def told(
    name: str, bug: Bug, part: str, wrong: Sequence[tuple[str, Mapping[str, str]]]
) -> Iterator[str]:
    """A server with the model, told about the files as they are now; its base URL."""
    right = {bug.path: _release(name, bug.path)}
    proposed = [] if part == ORACLE else [dict(texts) for _, texts in wrong]
    paths = {bug.path, *(path for texts in proposed for path in texts)}
    start = {path: release(name, path).decode() for path in paths}
    file = REPAIR / f"model-{name}.json"
    file.write_text(json.dumps({"start": start, "proposals": [*proposed, right]}), "utf-8")
    with playing(part.partition(" ")[0], file) as url:
        yield url


def _release(name: str, path: str) -> str:
    command = ["git", "show", f"release:{path}"]
    return subprocess.run(
        command, cwd=Path(folder(name)), check=True, capture_output=True
    ).stdout.decode()


def _say(result: Mapping[str, Any]) -> None:
    if "end" not in result:
        return  # one failing test has no halves
    print(
        f"{result['subject']} {result['kind']} {result['where']} {result['what']}\n"
        f"   {result['way']}: {result['end']}, {result['broken']} broken, {result['steps']} steps,"
        f" {result['tokens']} tokens, {result['refused']} refused, {result['seconds']} s {result['first']}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
