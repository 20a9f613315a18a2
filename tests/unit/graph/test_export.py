from __future__ import annotations

import json
from io import StringIO

import networkx as nx
import pytest

from tdad.graph.export import graph_document
from tests.unit.graph.text_project import resolver

FILES = {
    "a.py": "class C:\n    def m(self): ...\ndef f(x): x.m()\n",
    "test_a.py": 'from a import f\ndef test_f(): f("a\\"b")\n',
}


def test_json_is_node_link_and_reads_back() -> None:
    document = json.loads(graph_document(resolver(FILES)))
    graph = nx.node_link_graph(document, edges="edges")
    assert graph.nodes["a.py::C.m"] == {"kind": "function", "line": 2, "path": "a.py"}
    assert graph["a.py::f"]["a.py::C.m"]["call"]["ambiguous"] is True
    assert graph["test_a.py::test_f"]["a.py::f"]["call"]["weight"] == 1.0


def test_recorded_tests_join_in() -> None:
    text = graph_document(
        resolver(FILES), recorded={"test_a.py::test_f[1]": ["a.py::f", "a.py::f"]}
    )
    graph = nx.node_link_graph(json.loads(text), edges="edges")
    assert graph.nodes["test_a.py::test_f[1]"]["kind"] == "test"
    assert list(graph["test_a.py::test_f[1]"]["a.py::f"]) == ["executed"]


def test_graphml_reads_back() -> None:
    graph = nx.parse_graphml(graph_document(resolver(FILES), "graphml"))
    assert graph.has_edge("test_a.py::test_f", "a.py::f")


def test_dot_has_every_node_and_edge() -> None:
    lines = StringIO(graph_document(resolver(FILES), "dot")).read().splitlines()
    assert lines[0] == "digraph tdad {"
    assert lines[-1] == "}"
    assert '  "a.py::f" -> "a.py::C.m" [label="call", weight=1, style=dashed];' in lines


@pytest.mark.parametrize("fmt", ["json", "graphml", "dot"])
def test_same_facts_same_bytes(fmt: str) -> None:
    assert graph_document(resolver(FILES), fmt) == graph_document(resolver(FILES), fmt)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="known: json, graphml, dot"):
        graph_document(resolver(FILES), "png")


def test_mentions_with_too_many_candidates_are_left_out() -> None:
    files = {
        "a.py": "".join(f"class C{n}:\n    def m(self): ...\n" for n in range(4))
        + "def f(x): x.m()\n"
    }
    assert '"call"' in graph_document(resolver(files), ambiguous_limit=4)
    assert '"call"' not in graph_document(resolver(files), ambiguous_limit=3)
