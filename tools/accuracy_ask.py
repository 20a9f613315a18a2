"""Ask tdad about the change that is in a subject right now; print its answers as JSON.

    python tools/accuracy_ask.py FOLDER [--features]

A process of its own, in the variables that the suite is run with, as a user's would be. ``--features`` adds, for each
test that the recorded map selects, what a ranking could go by.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tdad.evaluation.strategies.calls import calls_of
from tdad.evaluation.strategies.modules import modules_of
from tdad.facts import FAILING, Change, FileFacts, Impact, Owner, OwnerKind, Recorded
from tdad.graph.impacts.answer import reach
from tdad.graph.impacts.trails import Trail
from tdad.workflows.impact import Asked, ChangeOptions, asking
from tdad.workflows.project import open_project

STATIC_MAP = ".tdad-static/map.sqlite3"


def main(arguments: Sequence[str]) -> int:
    """Print ``{"recorded": …, "static": …}``."""
    folder = Path(arguments[0])
    answers: dict[str, Any] = {}
    with asking(open_project(folder), ChangeOptions()) as asked:
        answers["recorded"] = _answer(asked)
        answers["changes"] = [_change(each) for each in asked.answer.changes]
        if "--features" in arguments:
            answers["features"] = list(_features(asked))
    with asking(open_project(folder, {"map": STATIC_MAP}), ChangeOptions()) as asked:
        answers["static"] = _answer(asked)
    json.dump(answers, sys.stdout)
    return 0


def _answer(asked: Asked) -> dict[str, Any]:
    answer = asked.answer
    return {
        "tests": [impact.node_id for impact in answer.impacts],
        "evidence": [str(impact.evidence) for impact in answer.impacts],
        "precautions": list(answer.precautions),
        "safe": dict(answer.safe),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "path": change.path,
        "old_path": change.old_path,
        "qualname": change.qualname,
        "old_qualname": change.old_qualname,
        "part": str(change.part),
        "kind": str(change.kind),
    }


# ------------------------------------------------------------------------------------------------- for the ranking


def _features(asked: Asked) -> Iterator[dict[str, Any]]:
    """One value per selected test, best first."""
    if asked.world is None or asked.recorded is None:
        return
    trails = {change: reach(asked.world, change) for change in asked.answer.changes}
    files = {path: facts for path in asked.head.facts.paths() if (facts := _facts(asked, path))}
    calls = calls_of(files, modules_of(files))
    for impact in asked.answer.impacts:
        found: dict[str, Any] = {"test": impact.node_id, "score": impact.score}
        found["evidence"] = str(impact.evidence)
        if impact.change is not None and impact.node_id in asked.recorded.tests:
            trail = trails.get(impact.change, {}).get(impact.node_id)
            found |= _of_test(asked.recorded, impact)
            found["reached"] = len(trails.get(impact.change, ()))
            found["hops"] = calls.hops({impact.change.definition}, 4).get(
                asked.recorded.tests[impact.node_id].definition
            )
            if trail is not None:
                found |= _of_trail(trail)
        yield found


def _of_test(recorded: Recorded, impact: Impact) -> dict[str, Any]:
    assert impact.change is not None
    test = recorded.tests[impact.node_id]
    path = impact.change.old_path or impact.change.path
    owners = {Owner(OwnerKind.TEST, test.node_id), *test.owners}
    digests = [digest for digest in recorded.versions(path) if digest]
    return {
        "breadth": recorded.breadth(test.node_id),
        "in_file": _entered(recorded, path, digests, owners),
        "duration_s": test.duration_s,
        "failed_before": sum(status in FAILING for status in test.recent[:5]),
        "part": str(impact.change.part),
        "kind": str(impact.change.kind),
        "changed": impact.change.definition,
    }


def _entered(recorded: Recorded, path: str, digests: Sequence[str], owners: set[Owner]) -> int:
    """How many code objects of the changed file the test or what it inherits from entered."""
    if not digests:
        return 0
    entered: Mapping[Owner, frozenset[int]] = recorded.entered(path, digests[0])
    return len({line for owner in owners for line in entered.get(owner, ())})


def _of_trail(trail: Trail) -> dict[str, Any]:
    return {
        "steps": [step.how for step in trail.steps],
        "weight": trail.weight,
        "by_test": bool(trail.steps) and trail.steps[-1].how.endswith("by"),
    }


def _facts(asked: Asked, path: str) -> FileFacts | None:
    return asked.head.facts.get(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
