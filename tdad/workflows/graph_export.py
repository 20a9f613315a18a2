"""``tdad graph export``: the static graph as a document."""

from __future__ import annotations

from tdad.graph.export import graph_document
from tdad.graph.resolve import Resolver
from tdad.store import open_map
from tdad.workflows.index import bring_up_to_date
from tdad.workflows.project import Project


def export_graph(project: Project, form: str, *, with_tests: bool = False) -> str:
    """The graph as ``json`` (node-link), ``graphml`` or ``dot``; with the recorded tests on demand.

    Raises:
        TdadError: the map cannot be written.
    """
    with open_map(project.map_path, mode="write") as store:
        head = bring_up_to_date(project, store)
        recorded = store.recorded() if with_tests else None
        return graph_document(Resolver(head.facts), form, recorded)
