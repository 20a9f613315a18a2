"""Whatever parses has a call graph: files of the standard library, its own test suite included."""

from __future__ import annotations

import sysconfig
import time
from pathlib import Path

import pytest

from tdad.graph.calls import call_graph
from tdad.source.flow import flow_facts

LIBRARY = Path(sysconfig.get_path("stdlib"))
FILES = sorted(path for path in LIBRARY.rglob("*.py") if "site-packages" not in path.parts)
SAMPLE = FILES[:: max(len(FILES) // 40, 1)]
MOST_S = 30.0


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_file(path: Path) -> None:
    start = time.process_time()
    facts = flow_facts("module", path.read_bytes())
    graph = call_graph([facts])
    assert time.process_time() - start < MOST_S
    assert "module" in graph
    assert {callee for callees in graph.values() for callee in callees} <= set(graph)


def test_deep_nesting_is_a_fact_not_a_crash() -> None:
    facts = flow_facts("deep", ("x = " + "(" * 3000 + ")" * 3000 + "\n").encode())
    assert facts.error
    assert call_graph([facts]) == {"deep": []}


def test_a_chain_of_calls_that_is_too_long_to_recurse() -> None:
    text = (
        "".join(f"def f{n}(g): return f{n + 1}(g)\n" for n in range(2000))
        + "def f2000(g): g()\nf0(print)\n"
    )
    graph = call_graph([flow_facts("long", text.encode())])
    assert graph["long.f1998"] == ["long.f1999"]


def test_a_long_chain_of_operators() -> None:
    text = "def f(): return 1\nx = " + " + ".join(["f()"] * 3000) + "\n"
    facts = flow_facts("wide", text.encode())
    assert facts.error or call_graph([facts])["wide"] == ["wide.f"]
