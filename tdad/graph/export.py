"""The graph as a document: node-link JSON, GraphML, DOT. Same facts, same bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tdad.facts import DefinitionKind
from tdad.graph.resolve.edge import Edge
from tdad.graph.resolve.resolver import Resolver

if TYPE_CHECKING:
    import networkx as nx

FORMATS = ("json", "graphml", "dot")
AMBIGUOUS_LIMIT = 10
"""A mention that may be one of more definitions than this says nothing to a reader of the graph, and is left out."""


def all_edges(resolver: Resolver, ambiguous_limit: int = AMBIGUOUS_LIMIT) -> Iterator[Edge]:
    """Every edge of the project, by path and position of the source."""
    for path in resolver.files.paths:
        scope = resolver.files.scope(path)
        for qualname in scope.by_qualname if scope is not None else ():
            for edge in resolver.references(f"{path}::{qualname}"):
                if not edge.ambiguous or edge.weight * ambiguous_limit >= 1:
                    yield edge


def build(
    resolver: Resolver,
    recorded: Mapping[str, Iterable[str]] | None = None,
    ambiguous_limit: int = AMBIGUOUS_LIMIT,
) -> nx.MultiDiGraph:
    """The whole graph, source → target.

    Nodes are definitions (``path::qualname``; attributes kind, path, line) and, when ``recorded`` (test node id →
    definitions that it executed) is given, tests. Edges carry kind, weight (of parallel edges of one kind the largest)
    and ambiguous; the kind of a recorded edge is ``executed``. What is mentioned but not defined has kind ``missing``.
    """
    import networkx as nx

    graph = nx.MultiDiGraph()
    for path in resolver.files.paths:
        scope = resolver.files.scope(path)
        for definition in scope.facts.definitions if scope is not None else ():
            graph.add_node(
                f"{path}::{definition.qualname}",
                kind=str(definition.kind),
                path=path,
                line=definition.span.first,
            )
    best: dict[tuple[str, str, str], Edge] = {}
    for edge in all_edges(resolver, ambiguous_limit):
        key = (edge.source, edge.target, str(edge.kind))
        if key not in best or best[key].weight < edge.weight:
            best[key] = edge
    for (source, target, kind), edge in sorted(best.items()):
        weight = round(edge.weight, 6)
        graph.add_edge(
            source, target, key=kind, kind=kind, weight=weight, ambiguous=edge.ambiguous
        )
    for node_id, executed in sorted((recorded or {}).items()):
        graph.add_node(node_id, kind="test", path=node_id.partition("::")[0], line=0)
        for target in sorted(set(executed)):
            graph.add_edge(
                node_id, target, key="executed", kind="executed", weight=1.0, ambiguous=False
            )
    for node, attributes in graph.nodes(data=True):
        if "kind" not in attributes:
            attributes.update(kind="missing", path=str(node).partition("::")[0], line=0)
    return graph


def graph_document(
    resolver: Resolver,
    fmt: str = "json",
    recorded: Mapping[str, Iterable[str]] | None = None,
    ambiguous_limit: int = AMBIGUOUS_LIMIT,
) -> str:
    """The graph as text, ending in a newline.

    Args:
        resolver: of the project.
        fmt: one of ``FORMATS``.
        recorded: test node id → definitions it executed, to be joined in.
        ambiguous_limit: leave out mentions with more candidates than this.

    Raises:
        ValueError: ``fmt`` is none of ``FORMATS``.
    """
    graph = build(resolver, recorded, ambiguous_limit)
    if fmt == "json":
        return json.dumps(_node_link(graph), indent=1, sort_keys=True) + "\n"
    if fmt == "graphml":
        import networkx as nx

        buffer = io.BytesIO()
        nx.write_graphml_xml(graph, buffer)
        return buffer.getvalue().decode() + "\n"
    if fmt == "dot":
        return "\n".join(_dot(graph)) + "\n"
    raise ValueError(f"unknown graph format {fmt!r}; known: {', '.join(FORMATS)}")


def _node_link(graph: nx.MultiDiGraph) -> dict[str, Any]:
    """The node-link form (``networkx.node_link_graph(document, edges="edges")`` reads it back)."""
    return {
        "directed": True,
        "multigraph": True,
        "graph": {},
        "nodes": [{"id": node, **data} for node, data in sorted(graph.nodes(data=True))],
        "edges": [
            {"source": source, "target": target, "key": key, **data}
            for source, target, key, data in _sorted_edges(graph)
        ],
    }


def _sorted_edges(graph: nx.MultiDiGraph) -> Sequence[tuple[str, str, str, dict[str, Any]]]:
    return sorted(graph.edges(keys=True, data=True), key=lambda edge: edge[:3])


def _dot(graph: nx.MultiDiGraph) -> Iterator[str]:
    """Graphviz text; written here because networkx writes DOT only by way of pydot or pygraphviz."""
    yield "digraph tdad {"
    for node, data in sorted(graph.nodes(data=True)):
        shape = "box" if data["kind"] == DefinitionKind.CLASS else "ellipse"
        yield f"  {_quoted(node)} [kind={_quoted(data['kind'])}, shape={shape}];"
    for source, target, key, data in _sorted_edges(graph):
        label = f"label={_quoted(key)}, weight={data['weight']:g}"
        style = ", style=dashed" if data["ambiguous"] else ""
        yield f"  {_quoted(source)} -> {_quoted(target)} [{label}{style}];"
    yield "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
