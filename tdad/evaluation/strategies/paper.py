"""The file-level strategy of the TDAD paper (arXiv 2603.17973), written anew from its description.

A graph of files, functions, classes and tests, from the text alone: who calls what, as far as names, imports, ``self``
and method names that exist once tell; who tests what, by file names and by calls. Four strategies look for tests of the
changed files, and the best score of a test counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tdad.evaluation.strategies.calls import Calls, calls_of
from tdad.evaluation.strategies.closure import imported
from tdad.evaluation.strategies.contexts import Contexts
from tdad.evaluation.strategies.modules import modules_of
from tdad.evaluation.strategies.names import called
from tdad.evaluation.strategies.touched import path_of
from tdad.facts import FileFacts

CONFIDENCE_WEIGHT = 0.3
DIRECT, TRANSITIVE, COVERAGE, IMPORTS = (0.95, 1.0), (0.70, 0.56), (0.80, 0.5), (0.50, 0.45)
"""(weight of the strategy in the balanced setting, confidence), section 3 of the paper."""
HOPS = 3
MOST_TESTS = 50
PREFIX, SUFFIX = "test_", "_test"


@dataclass(frozen=True, slots=True)
class Paper:
    """What the strategy knows of a project; made once."""

    node_ids: tuple[str, ...]
    files: Mapping[str, FileFacts]
    calls: Calls
    named: Mapping[str, frozenset[str]]
    """Source file → test files that are named after it."""
    imports: Mapping[str, frozenset[str]]
    """Source file → test files that import it."""

    @classmethod
    def of(cls, node_ids: Sequence[str], files: Mapping[str, FileFacts]) -> Paper:
        """Read the facts of a project. ``node_ids``: the suite, in its order."""
        modules = modules_of(files)
        tests = sorted({path_of(node_id) for node_id in node_ids} & files.keys())
        sources = sorted(files.keys() - set(tests))
        imports: dict[str, set[str]] = {}
        for test in tests:
            for path in imported(files[test], modules):
                imports.setdefault(path, set()).add(test)
        named: dict[str, set[str]] = {}
        for test in tests:
            for path in _named_after(test, sources):
                named.setdefault(path, set()).add(test)
        return cls(
            tuple(node_ids), files, calls_of(files, modules), _frozen(named), _frozen(imports)
        )


def paper_strategy(
    paper: Paper, paths: Collection[str], contexts: Contexts | None = None
) -> tuple[str, ...]:
    """Node ids, best first, at most ``MOST_TESTS`` test functions (their parameters are not counted).

    Args:
        paper: The project.
        paths: Changed files.
        contexts: Coverage contexts, for the optional third strategy.
    """
    scores: dict[str, float] = {}
    for node_id, strategy in _candidates(paper, paths, contexts or {}):
        weight, confidence = strategy
        score = (1 - CONFIDENCE_WEIGHT) * weight + CONFIDENCE_WEIGHT * confidence
        scores[node_id] = max(score, scores.get(node_id, 0.0))
    ranked = sorted(
        (node_id for node_id in paper.node_ids if node_id in scores),
        key=scores.__getitem__,
        reverse=True,
    )
    functions = list(dict.fromkeys(node_id.partition("[")[0] for node_id in ranked))
    kept = set(functions[:MOST_TESTS])
    return tuple(node_id for node_id in ranked if node_id.partition("[")[0] in kept)


def _candidates(
    paper: Paper, paths: Collection[str], contexts: Contexts
) -> Iterator[tuple[str, tuple[float, float]]]:
    """(node id, strategy that proposes it)."""
    hops = paper.calls.hops({each for path in paths for each in paper.calls.in_file(path)}, HOPS)
    named = {test for path in paths for test in paper.named.get(path, ())}
    importing = {test for path in paths for test in paper.imports.get(path, ())}
    covering = {test for path in paths for test in contexts.get(path, {})}
    for node_id in paper.node_ids:
        path = path_of(node_id)
        far = hops.get(_definition(node_id))
        if path in named or path in paths or far == 1:
            yield node_id, DIRECT
        if far is not None:
            yield node_id, TRANSITIVE
        if node_id in covering:
            yield node_id, COVERAGE
        if path in importing:
            yield node_id, IMPORTS


def _definition(node_id: str) -> str:
    """``path::qualname`` of the test function, by its node id."""
    path, _, rest = node_id.partition("[")[0].partition("::")
    return f"{path}::{rest.replace('::', '.')}"


def _named_after(test: str, sources: Sequence[str]) -> list[str]:
    """Source files that a test file is named after: the same name, else the longest that it begins with; nearest first.

    Of several with that name, those that share most folders with the test count.
    """
    stem = PurePosixPath(test).stem
    name = stem.removeprefix(PREFIX) if stem.startswith(PREFIX) else stem.removesuffix(SUFFIX)
    fitting = [
        path for path in sources if name == called(path) or name.startswith(called(path) + "_")
    ]
    if not fitting:
        return []
    longest = max(len(called(path)) for path in fitting)
    fitting = [path for path in fitting if len(called(path)) == longest]
    nearest = max(_shared(test, path) for path in fitting)
    return [path for path in fitting if _shared(test, path) == nearest]


def _shared(one: str, other: str) -> int:
    """How many folders the two paths have in common."""
    return len(set(PurePosixPath(one).parent.parts) & set(PurePosixPath(other).parent.parts))


def _frozen(found: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {path: frozenset(tests) for path, tests in found.items()}
