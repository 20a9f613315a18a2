"""What other ways to choose tests would have run: all, files of the same name, what imports the changed files.

The facts are those that the gate read and keeps for the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gate_patches_ground import is_test
from gate_patches_truth import label_of

from tdad.evaluation.strategies import import_closure, same_names
from tdad.facts import FileFacts
from tdad.graph.static.packed import unpack
from tdad.graph.tests_of import Patterns
from tdad.runner.unittests import PATTERNS
from tdad.store import open_map

_KEPT = ".tdad/gate/index.sqlite3"


def other_ways(
    project: str, home: Path, changed: Sequence[str], broken: Iterable[str]
) -> dict[str, Any]:
    """Way → share of the suite's tests that it runs, and how many of the ``broken`` ones are among them.

    Args:
        project: ``django`` or ``sympy``.
        home: Where the gate was called.
        changed: Files of the patch.
        broken: Ids of true regressions, as the project's runner has them.
    """
    suite, files = _kept(project, home)
    paths = [path for path in changed if path.endswith(".py") and not is_test(path)]
    chosen = {
        "all tests": suite,
        "same-name files": same_names(suite, paths),
        "import closure": import_closure(suite, files, paths),
    }
    return {
        way: {
            "share": round(len(ids) / len(suite), 4) if suite else None,
            "found": _found(project, ids, broken),
        }
        for way, ids in chosen.items()
    }


def _found(project: str, ids: Sequence[str], broken: Iterable[str]) -> int:
    there = {name.partition("[")[0] for name in ids}
    if project == "django":
        there = {label_of(name) for name in there}
    return sum(name.partition("[")[0] in there for name in broken)


def _kept(project: str, home: Path) -> tuple[list[str], Mapping[str, FileFacts]]:
    """Node ids of the suite by the code, and the facts of every file."""
    index = home / _KEPT
    patterns = Patterns(PATTERNS, (), ()) if project == "django" else Patterns()
    with open_map(index, mode="read") as store:
        current = store.current()
        files = dict(_facts(current, store.cached_facts))
    links = unpack(index.with_suffix(".links").read_bytes(), patterns, current)
    return [test.node_id for path in sorted(links) for test in links[path][1].tests], files


def _facts(current: Mapping[str, str], read: Any) -> Iterator[tuple[str, FileFacts]]:
    for path, digest in current.items():
        if (found := read(path, digest)) is not None:
            yield path, found
