"""``tdad map …``: figures, one entry in detail, exports, merging shards, taking over coverage data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tdad.answers import MapEntry, MapStats
from tdad.errors import TdadError
from tdad.facts import DefinitionKind, Owner, OwnerKind, Recorded, Use
from tdad.facts_flaky import Flakes
from tdad.graph.resolve import Resolver
from tdad.store import SCHEMA_VERSION, Map, open_map
from tdad.workflows.head import HeadFacts
from tdad.workflows.index import bring_up_to_date
from tdad.workflows.project import Project
from tdad.workflows.testmap import users_of, write_testmap


class NotInMapError(TdadError):
    """The map has no such test, file or definition."""

    slug = "not-in-map"

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the map knows nothing about {what}. See what is in it: tdad map stats")


def stats(project: Project) -> MapStats:
    """How much is in the map, how old it is, and how well it fits.

    Raises:
        TdadError: there is no map, or it cannot be read.
    """
    from tdad.workflows.head import current_digests

    with open_map(project.map_path, mode="read") as store:
        found = store.stats()
        recorded = store.recorded()
        python, _ = current_digests(project, store)
        head = HeadFacts(project.root, store.current(), store)
        facts = [f for f in (head.get(path) for path in head.paths()) if f is not None]
        tests = recorded.tests
        owners = {owner for test in tests.values() for owner in test.owners}
        return MapStats(
            path=str(project.map_path),
            size_bytes=found.size_bytes,
            schema_version=SCHEMA_VERSION,
            tests=found.tests,
            statuses={str(status): count for status, count in found.statuses.items()},
            files=len(facts),
            definitions=sum(len(f.definitions) for f in facts),
            references=sum(len(f.references) for f in facts),
            observations=len(tests) + len(owners),
            data_files=len(recorded.used_names(Use.READ)),
            granularity=found.granularity if found.tests else "",
            recorder=recorded.recorder,
            python=", ".join(found.python),
            recorded_at=found.newest,
            duration_s=sum(test.duration_s for test in tests.values()),
            stale_files=sum(
                bool(versions := recorded.versions(path)) and digest not in versions
                for path, digest in python.items()
            ),
            flaky=len(store.flakes()),
        )


def show(project: Project, what: str) -> MapEntry:
    """What the map knows about a node id, a path or ``path::qualname``.

    Raises:
        NotInMapError: nothing.
    """
    with open_map(project.map_path, mode="read") as store:
        recorded = store.recorded()
        head = HeadFacts(project.root, store.current(), store)
        if what in recorded.tests:
            return _test(recorded, what, store.flakes().get(what))
        path, separator, qualname = what.partition("::")
        known = _definition(recorded, head, path, qualname) if separator else None
        entry = known if separator else _file(recorded, head, path)
    if entry is None:
        raise NotInMapError(what)
    return entry


def _test(recorded: Recorded, node_id: str, flakes: Flakes | None) -> MapEntry:
    test = recorded.tests[node_id]
    mine = {Owner(OwnerKind.TEST, node_id), *test.owners}
    executes: set[str] = set()
    for path in recorded.paths():
        for digest in recorded.versions(path):
            for owner, starts in recorded.entered(path, digest).items():
                if owner in mine:
                    executes |= entered_names(recorded, path, digest, starts)
    reads = [n for n in recorded.used_names(Use.READ) if mine & set(recorded.users(Use.READ, n))]
    return MapEntry(
        "test",
        node_id,
        {
            "definition": test.definition,
            "outcome": str(test.status),
            "duration": f"{test.duration_s:.3f} s",
            "earlier": " ".join(map(str, test.recent)) or "none",
            **_flaky(flakes),
        },
        {
            "executes": tuple(sorted(executes)),
            "reads": tuple(reads),
            "inherits from": tuple(f"{owner.kind} {owner.name}" for owner in test.owners),
        },
    )


def _flaky(flakes: Flakes | None) -> dict[str, str]:
    if flakes is None:
        return {}
    return {"flaky": f"failed {flakes.failed} of {flakes.asked} times on the baseline of gates"}


def entered_names(recorded: Recorded, path: str, digest: str, starts: frozenset[int]) -> set[str]:
    """Definitions (``path::qualname``) whose code objects start at these lines."""
    facts = recorded.facts(path, digest)
    if facts is None:
        return {path}
    by_line = {
        d.span.first: d.qualname
        for d in facts.definitions
        if d.kind is not DefinitionKind.VARIABLE
    }
    return {f"{path}::{by_line[line]}" for line in starts if line in by_line}


def _file(recorded: Recorded, head: HeadFacts, path: str) -> MapEntry | None:
    facts = head.get(path)
    if facts is None and path not in recorded.paths():
        return None
    names = (
        [d.qualname for d in facts.definitions[1:] if d.kind is not DefinitionKind.VARIABLE]
        if facts
        else []
    )
    details = {"versions": str(len(recorded.versions(path))), "definitions": str(len(names))}
    if facts is not None and facts.error:
        details["error"] = facts.error
    return MapEntry(
        "file", path, details, {"tests": tuple(sorted(users_of(recorded, path, None)))}
    )


def _definition(recorded: Recorded, head: HeadFacts, path: str, qualname: str) -> MapEntry | None:
    facts = head.get(path)
    found = [d for d in facts.definitions if d.qualname == qualname] if facts else []
    if not found:
        return None
    definition, where = found[-1], f"{path}::{qualname}"
    resolver = Resolver(head)
    lines = range(definition.span.first, definition.span.last + 1)
    return MapEntry(
        "definition",
        where,
        {"kind": str(definition.kind), "lines": f"{lines.start}-{lines.stop - 1}"},
        {
            "tests": tuple(sorted(users_of(recorded, path, lines))),
            "mentioned by": tuple(sorted({edge.source for edge in resolver.readers(where)})),
            "mentions": tuple(sorted({edge.target for edge in resolver.references(where)})),
        },
    )


# ------------------------------------------------------------------------------------------------------- exports


def export(project: Project, form: str, out: TextIO) -> None:
    """Write the map as ``testmap``, ``json``, ``graphml`` or ``dot``.

    Raises:
        TdadError: there is no map, or it cannot be read.
    """
    if form == "testmap":
        write_testmap(project, out)
    elif form == "json":
        with open_map(project.map_path, mode="read") as store:
            json.dump(store.export_document(), out, indent=1, sort_keys=True)
            out.write("\n")
    else:
        from tdad.workflows.graph_export import export_graph

        out.write(export_graph(project, form, with_tests=True))


# ------------------------------------------------------------------------------------------------------- intake


def merge(project: Project, paths: Sequence[Path]) -> None:
    """Add other maps of the same project to the project's map; newest record first per test.

    Raises:
        TdadError: one of them is no map, or ours cannot be written.
    """
    from contextlib import ExitStack

    with ExitStack() as stack:
        others: list[Map] = [stack.enter_context(open_map(path, mode="read")) for path in paths]
        store = stack.enter_context(open_map(project.map_path, mode="write"))
        for other in others:
            store.merge(other)
        bring_up_to_date(project, store)


def import_coverage(project: Project, path: Path) -> None:
    """Take over a coverage data file that has test contexts.

    Raises:
        TdadError: it is no such file.
    """
    from tdad.trace.coverage_data import read
    from tdad.workflows.recording import prepare_folder, save

    run = read(path, project.root)
    prepare_folder(project)
    save(project, run)
