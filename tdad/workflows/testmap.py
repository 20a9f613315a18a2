"""``test_map.txt``: for each source file the test files that depend on it, for agents that grep.

Written at the end of recordings, so it imports little.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from tdad.facts import Recorded, Use
from tdad.graph.patterns import Patterns, is_test_file
from tdad.store import open_map
from tdad.workflows.head import HeadFacts
from tdad.workflows.project import Project


def write_testmap(project: Project, out: TextIO) -> None:
    """Write the paper's format: one line per source file, with the test files that depend on it."""
    from tdad.report.testmap import render_testmap

    with open_map(project.map_path, mode="read") as store:
        recorded = store.recorded()
        head = HeadFacts(project.root, store.current(), store)
        found = _recorded_files(project, recorded, head)
        if not recorded.tests:
            found = _static_files(project, head)
    out.writelines(render_testmap(found))


def _recorded_files(
    project: Project, recorded: Recorded, head: HeadFacts
) -> Mapping[str, set[str]]:
    wanted = patterns(project)
    tests = recorded.tests
    found: dict[str, set[str]] = {}
    for path in head.paths():
        if not is_test_file(path, wanted):
            found[path] = {tests[node_id].path for node_id in users_of(recorded, path, None)}
    return found


def _static_files(project: Project, head: HeadFacts) -> Mapping[str, set[str]]:
    """Without a recording: test files that import the source file, or a file that imports it."""
    from tdad.graph.resolve import Resolver

    resolver, wanted = Resolver(head), patterns(project)
    found: dict[str, set[str]] = {}
    for path in head.paths():
        if is_test_file(path, wanted):
            for source, distance in resolver.import_closure(path).items():
                if 0 < distance <= 2 and not is_test_file(source, wanted):
                    found.setdefault(source, set()).add(path)
    return found


def users_of(recorded: Recorded, path: str, lines: range | None) -> set[str]:
    """Node ids of the tests that ran code in these lines of the file (``None``: any), or read the file."""
    found: set[str] = set()
    for digest in recorded.versions(path):
        for owner, starts in recorded.entered(path, digest).items():
            if lines is None or any(line in lines for line in starts):
                found.update(recorded.inheritors(owner))
    for owner in recorded.users(Use.READ, path) if lines is None else ():
        found.update(recorded.inheritors(owner))
    return found


def patterns(project: Project) -> Patterns:
    """Collection patterns, as pytest itself is configured."""
    ini = project.config.pytest
    return Patterns(ini.python_files, ini.python_classes, ini.python_functions)
