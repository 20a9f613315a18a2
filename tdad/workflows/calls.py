"""``tdad graph export --calls``: which files, and where their dotted names start."""

from __future__ import annotations

from pathlib import Path

from tdad.errors import FileNotInProject
from tdad.repo import project_files
from tdad.workflows.callgraph import export_calls
from tdad.workflows.project import Project


def project_calls(project: Project, below: Path | None) -> dict[str, list[str]]:
    """Who calls whom in the Python files of the project, of one folder, or in one file.

    Dotted names start at that folder, or above the package that it is in: ``src`` of a project with
    that layout gives ``pkg.module``, the project root would give ``src.pkg.module``.

    Raises:
        FileNotInProject: there is no Python file of the project there.
    """
    start = (project.cwd / below).resolve() if below else project.root
    paths = [
        path
        for name in project_files(project.root, project.config)
        if name.endswith(".py") and (path := project.root / name).is_relative_to(start)
    ]
    if not paths:
        raise FileNotInProject(str(below or project.root), "no Python file of the project there")
    root = start if start.is_dir() else start.parent
    while (root / "__init__.py").exists():
        root = root.parent
    return export_calls(root, [path.relative_to(root).as_posix() for path in paths])
