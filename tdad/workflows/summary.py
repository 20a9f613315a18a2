"""What the user reads after ``pytest --tdad-map``: three lines."""

from __future__ import annotations

import os

from tdad.errors import ImportedElsewhere, TdadError
from tdad.facts import Run
from tdad.workflows.project import Project


def summary(project: Project, run: Run | None) -> str:
    """Tests and definitions in the map, where it is, and the tests at risk for the uncommitted change.

    Raises:
        TdadError: the map cannot be read.
    """
    from tdad.store import open_map

    if run is None:
        return "nothing was recorded: no test ran"
    with open_map(project.map_path, mode="read") as store:
        tests = store.count_tests()
        definitions = sum(counted.definitions for counted in store.counts().values())
    size_bytes = project.map_path.stat().st_size
    lines = [
        (
            f"{len(run.tests)} tests recorded ({run.granularity}, {run.recorder}); "
            f"the map has {tests} tests and {definitions} definitions"
        ),
        f"map: {project.config.map}, {size_bytes / 1024:.0f} kB",
        wrong_place(run),
        _at_risk(project),
    ]
    return "\n".join(line for line in lines if line)


def wrong_place(run: Run) -> str:
    """What to tell the user of a run that imported the project's code from elsewhere; empty: it did not."""
    found = run.environment.elsewhere
    if not found:
        return ""
    first, more = found[0], len(found) - 1
    module = f"{first.module} (and {more} more)" if more else first.module
    bases = os.pathsep.join(dict.fromkeys(one.base for one in found))
    command = f"PYTHONPATH={bases} pytest --tdad-map"
    error = ImportedElsewhere(module, first.file, first.place, command)
    return f"{error} [{error.slug}]"


def _at_risk(project: Project) -> str:
    from tdad.repo import is_clean

    try:
        if is_clean(project.root, project.config):
            return ""
        from tdad.repo import changed_files

        if not changed_files(project.root, config=project.config):
            return ""
        from tdad.workflows.impact import ChangeOptions, find_impacts

        answer = find_impacts(project, ChangeOptions(uncommitted=True)).answer
    except TdadError:
        return ""  # no git, or no commit yet: there is no current change to speak of
    if not answer.changes:
        return ""
    first = ", ".join(impact.node_id for impact in answer.impacts[:3])
    more = ", …" if len(answer.impacts) > 3 else ""
    return (
        f"at risk for the uncommitted change: {len(answer.impacts)} of {answer.total_tests} tests"
        + (f" ({first}{more})" if first else "")
    )
