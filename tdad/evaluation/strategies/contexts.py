"""Coverage contexts: tests that executed a line of the changed file, or of the changed function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tdad.evaluation.strategies.touched import Touched, path_of
from tdad.facts import Span

Contexts = Mapping[str, Mapping[str, frozenset[int]]]
"""Path → node id → lines of the file that the test executed, as coverage's dynamic contexts say. Lines that ran at
import belong to no test there."""


def by_file(node_ids: Sequence[str], contexts: Contexts, touched: Touched) -> tuple[str, ...]:
    """Tests that executed any line of a changed file, and those of a changed test file, in suite order."""
    hit = {test for path in touched.paths for test in contexts.get(path, {})}
    return _in_order(node_ids, hit, touched)


def by_function(node_ids: Sequence[str], contexts: Contexts, touched: Touched) -> tuple[str, ...]:
    """Tests that executed any line of a changed function; for a change outside of functions, of the file."""
    hit = set(_in_functions(contexts, touched))
    elsewhere = touched.whole | (touched.paths - {path for path, _ in touched.functions})
    hit |= {test for path in elsewhere for test in contexts.get(path, {})}
    return _in_order(node_ids, hit, touched)


def _in_functions(contexts: Contexts, touched: Touched) -> Iterator[str]:
    for path, body in touched.functions:
        for test, lines in contexts.get(path, {}).items():
            if _meets(lines, body):
                yield test


def _meets(lines: frozenset[int], span: Span) -> bool:
    return any(line in span for line in lines)


def _in_order(node_ids: Sequence[str], hit: set[str], touched: Touched) -> tuple[str, ...]:
    return tuple(
        node_id for node_id in node_ids if node_id in hit or path_of(node_id) in touched.paths
    )
