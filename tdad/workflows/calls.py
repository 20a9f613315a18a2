"""``tdad graph export --calls``: which files, and where their dotted names start."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tdad.config import Config
from tdad.errors import FileNotInProject
from tdad.repo import project_files
from tdad.workflows.callgraph import export_calls, starting_folder
from tdad.workflows.project import Project

_PYTHON = frozenset({".py", ".pyw", ""})
"""Endings of files that are read; scripts have none."""


def project_calls(
    project: Project, below: Path | None, tell: Callable[[str], None] = lambda _: None
) -> dict[str, list[str]]:
    """Who calls whom in the Python files of the project, of one folder, or of one file and what it imports.

    Dotted names are those that the files are imported by (``tdad.source.flow.modules`` has the rule). They start at
    the folder that was named, or above the package that it is in; where the project is does not matter then.

    Raises:
        FileNotInProject: there is no Python file there.
    """
    if below is None:
        start, files, entry = project.root, _python(project.root, project.config), ""
        root = starting_folder(start)
    else:
        place = Path(os.path.abspath(project.cwd / below))  # noqa: PTH100 - keeps links
        if place.is_file() and place.suffix not in _PYTHON:
            raise FileNotInProject(str(below), "it is not a Python file")
        start = place if place.is_dir() else place.parent
        root = starting_folder(start)
        files = _named(project, root if place.is_file() else start)
        entry = place.relative_to(root).as_posix() if place.is_file() else ""
        if entry:
            files.add(place)
    if not files:
        raise FileNotInProject(str(below or project.root), "no Python file there")
    paths = [path.relative_to(root).as_posix() for path in sorted(files)]
    return export_calls(root, paths, entry=entry, tell=tell)


def _named(project: Project, folder: Path) -> set[Path]:
    """The files below a folder that the user named: also where git ignores it or it is in no project."""
    inside = folder.resolve().is_relative_to(project.root.resolve())
    found = _python(folder, replace(project.config, source=(), exclude=()))
    if inside and project.config.exclude:
        kept = {path.resolve() for path in _python(project.root, project.config)}
        found = {path for path in found if path.resolve() in kept} or found
    return found or {path for path in folder.rglob("*.py") if path.is_file()}


def _python(root: Path, config: Config) -> set[Path]:
    files = (root / name for name in project_files(root, config) if name.endswith(".py"))
    return {path for path in files if path.is_file()}
