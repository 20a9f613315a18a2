"""The corpus: small programs, each with the call graph that the language's semantics gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tdad.workflows.callgraph import export_calls

CORPUS = Path(__file__).parents[4] / "fixtures" / "calls"
PROGRAMS = sorted(path.parent for path in CORPUS.rglob("callgraph.json"))


def edges(graph: dict[str, list[str]]) -> set[tuple[str, str]]:
    return {(caller, callee) for caller, callees in graph.items() for callee in callees}


def sources(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*.py")]


def names(folder: Path) -> str:
    return folder.relative_to(CORPUS).as_posix()


@pytest.mark.parametrize("folder", PROGRAMS, ids=names)
def test_program(folder: Path) -> None:
    expected = edges(json.loads((folder / "callgraph.json").read_text()))
    found = edges(export_calls(folder, sources(folder)))
    missing, extra = sorted(expected - found), sorted(found - expected)
    assert (missing, extra) == ([], []), f"{missing=} {extra=} of {len(expected)} edges"


def test_same_input_same_output() -> None:
    paths = sources(CORPUS)
    first, second = export_calls(CORPUS, paths), export_calls(CORPUS, paths[::-1])
    assert json.dumps(first) == json.dumps(second)
