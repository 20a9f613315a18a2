"""Did the tests import the project's code from somewhere else? Then nothing of it was seen, and that has to be said.

A copy of a checkout whose original is installed with ``pip install -e`` is the usual way to get there, a plain install
that comes first in ``sys.path`` another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from tdad.config import distribution_names
from tdad.facts import Elsewhere, FactsOf, FileFacts, OwnerKind, Run, Use
from tdad.workflows.index import Head
from tdad.workflows.project import Project

_USUAL = frozenset({".", "src"})
"""Folders from which a project's code is imported, whatever its configuration says."""


def imported_elsewhere(project: Project, run: Run, head: Head) -> tuple[Elsewhere, ...]:
    """The packages and modules of the project in whose place the tests imported others of the same name.

    A name alone says little: projects carry copies of libraries, and the libraries themselves are imported. So the
    code must be where the project's own code is, the project must have asked for it, and must not have got its own.
    """
    found = list(_same_names(run, head))
    if not found:
        return ()
    ran = _ran(run)
    return tuple(
        sorted(
            one
            for one in found
            if not any(one.holds(path) for path in ran)
            and (
                _is_ours(project, run, one)
                or (one.base in _USUAL and _is_asked_for(run, head.facts, ran, one))
            )
        )
    )


def _same_names(run: Run, head: Head) -> Iterator[Elsewhere]:
    """What has the name of something that was imported from outside, and would be imported by that name."""
    names: dict[str, list[str]] = {}
    for module in run.outside:
        names.setdefault(module.rpartition(".")[2], []).append(module)
    for path in head.python:
        pure = PurePosixPath(path)
        is_package = pure.name == "__init__.py"
        for module in names.get(pure.parent.name if is_package else pure.stem, ()):
            one = Elsewhere(module, path, run.outside[module])
            stem = path.removesuffix("/__init__.py").removesuffix(".py")
            whole = stem == module.replace(".", "/") or stem.endswith(
                "/" + module.replace(".", "/")
            )
            if (
                whole
                and is_package == (PurePosixPath(one.file.replace("\\", "/")).stem == "__init__")
                and f"{one.base}/__init__.py" not in head.python
            ):
                yield one


def _ran(run: Run) -> frozenset[str]:
    """Python files of the project of which anything ran."""
    paths = {test.path for test in run.tests}
    for observation in run.observations:
        paths.update(observation.starts, observation.lines, observation.imports)
        if observation.owner.kind is OwnerKind.IMPORT:
            paths.add(observation.owner.name)
    return frozenset(paths)


def _is_ours(project: Project, run: Run, one: Elsewhere) -> bool:
    """Whether the other one is of a distribution of the project's own name, or lies alike in another checkout."""
    if one.base != "." and one.file.replace("\\", "/").endswith(f"/{one.path}"):
        return True
    distribution = run.environment.modules.get(one.module.partition(".")[0])
    if distribution is None:
        return False
    base = project.root / one.base
    folders = {project.root, base, base.parent if one.base != "." else base}
    return any(distribution in distribution_names(folder) for folder in sorted(folders))


def _is_asked_for(run: Run, facts: FactsOf, ran: frozenset[str], one: Elsewhere) -> bool:
    """Whether code of the project that ran imports it."""
    if any(
        used.how is Use.MODULE and used.name == one.module
        for observation in run.observations
        for used in observation.used
    ):
        return True
    return any(
        path in ran and (found := facts.get(path)) is not None and _imports(found, one.module)
        for path in facts.mentioning(one.module.rpartition(".")[2])
    )


def _imports(facts: FileFacts, module: str) -> bool:
    return any(
        f"{name}.".startswith(f"{module}.")
        for item in facts.imports
        for name in (item.module, f"{item.module}.{item.name}")
    )
