"""``tdad graph export``: the static graph as a document."""

from __future__ import annotations

from tdad.facts import Recorded
from tdad.graph.export import graph_document
from tdad.graph.resolve import Resolver
from tdad.store import open_map
from tdad.workflows.index import bring_up_to_date
from tdad.workflows.maps import entered_names
from tdad.workflows.project import Project


def export_graph(project: Project, form: str, *, with_tests: bool = False) -> str:
    """The graph as ``json`` (node-link), ``graphml`` or ``dot``; with the recorded tests on demand.

    Raises:
        TdadError: the map cannot be written.
    """
    with open_map(project.map_path, mode="write") as store:
        head = bring_up_to_date(project, store)
        executed = executed_by_tests(store.recorded()) if with_tests else None
        return graph_document(Resolver(head.facts), form, executed)


def executed_by_tests(recorded: Recorded) -> dict[str, list[str]]:
    """Node id → functions and classes (``path::qualname``) that the test and its fixtures entered, sorted."""
    found: dict[str, set[str]] = {}
    for path in recorded.paths():
        for digest in recorded.versions(path):
            for owner, starts in recorded.entered(path, digest).items():
                names = entered_names(recorded, path, digest, starts)
                for node_id in recorded.inheritors(owner):
                    found.setdefault(node_id, set()).update(names)
    return {node_id: sorted(names) for node_id, names in sorted(found.items())}
