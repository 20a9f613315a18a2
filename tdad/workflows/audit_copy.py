"""The copies that an audit works in: their tests import the copy, or it is refused. The user's tree is only read."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tdad.config import Config
from tdad.errors import AuditWrongTree
from tdad.repo import project_files
from tdad.repo.copies import copy_files, ignored_but_needed, layout, make_repository
from tdad.runner.confined import Confine
from tdad.workflows.project import Project

_TIMEOUT_S = 120.0
_MAP = ".tdad/map.sqlite3"

# Where top-level names come from, without importing them. The marks fence off what a sitecustomize may print.
_PROBE = """
import importlib.util, json, os, sys
def where(name):
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        return []
    if spec is None:
        return []
    places = list(spec.submodule_search_locations or ()) or [spec.origin or ""]
    return [os.path.realpath(place) for place in places if place]
names = json.loads(sys.argv[1])
sys.stdout.write("\\n<tdad>" + json.dumps({
    "where": {name: where(name) for name in names},
    "path": [os.path.realpath(entry) for entry in sys.path if entry],
}) + "</tdad>\\n")
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """An untouched copy of the project, and how its tests come to import it."""

    folder: Path
    """Everything of this audit that is not kept."""
    pristine: Path
    """Folder of the untouched copy; the project's root is ``inside`` it."""
    inside: str
    project: Project
    """The project in the untouched copy."""
    pythonpath: tuple[str, ...]
    """Folders relative to ``pristine`` from which the tests import; for ``PYTHONPATH``."""
    files: tuple[str, ...]
    """What was copied, relative to the root, what git ignores left out."""
    unlisted: tuple[str, ...]
    """What was copied although git ignores it, relative to the root."""
    has_xdist: bool


def stage(project: Project, python: str, folder: Path, confine: Confine = list) -> Stage:
    """Copy the project into ``folder`` and see to it that its tests import the copy.

    Raises:
        AuditWrongTree: they would import the user's own tree.
        TdadError: git does not answer.
        OSError: no room.
    """
    files = project_files(project.root, project.config)
    needed = ignored_but_needed(project.root, files)
    lies = layout(project.root, files)
    pristine = folder / "pristine"
    root = lies.inside(pristine)
    root.mkdir(parents=True)
    copy_files(project.root, [*files, *needed], root)
    make_repository(project.root, root, needed)
    inside = root.relative_to(pristine).as_posix()
    entries = import_folders(python, project.root, root, files, confine)
    pythonpath = tuple(os.path.normpath(f"{inside}/{entry}") for entry in entries)
    copied = in_copy(root, project.config)
    has_xdist = "xdist" in present(python, root, ("xdist",), confine)
    return Stage(
        folder, pristine, inside, copied, pythonpath, tuple(files), tuple(needed), has_xdist
    )


def import_folders(
    python: str, original: Path, copy: Path, files: Sequence[str], confine: Confine = list
) -> tuple[str, ...]:
    """Folders relative to the project's root from which its tests import, for ``PYTHONPATH`` in a copy of it.

    Args:
        python: The project's interpreter.
        original: The project's root.
        copy: The root of the copy.
        files: Of the project, relative to its root.
        confine: Command line → command line; by default the interpreter is asked as it is.

    Raises:
        AuditWrongTree: something would be imported from the original.
    """
    found = _Imports.ask(python, original, top_level_names(files), {}, confine)
    entries = tuple(found.entries(original, files))
    _check(
        python, copy, found, [str(copy / entry) for entry in entries], original, confine=confine
    )
    return entries


def elsewhere(
    python: str, copy: Path, names: Sequence[str], entries: Sequence[str], confine: Confine = list
) -> dict[str, str]:
    """Which of the names would be imported from outside the copy, and from where.

    ``entries`` are folders relative to ``copy``, for ``PYTHONPATH``. A name that cannot be found is not among them.
    """
    path = os.pathsep.join(str(copy / entry) for entry in entries)
    now = _Imports.ask(python, copy, names, {"PYTHONPATH": path} if path else {}, confine)
    inside = os.path.join(os.path.realpath(copy), "")  # noqa: PTH118
    return {
        name: places[0]
        for name, places in now.where.items()
        if places and not any(place.startswith(inside) for place in places)
    }


def present(
    python: str, cwd: Path, names: Sequence[str], confine: Confine = list
) -> frozenset[str]:
    """Which of the modules the interpreter could import."""
    found = _Imports.ask(python, cwd, names, {}, confine)
    return frozenset(name for name, places in found.where.items() if places)


def in_copy(root: Path, config: Config) -> Project:
    """The project of a copy; its map is its own, wherever the user keeps the original's."""
    return Project(root=root, config=replace(config, map=_MAP), cwd=root)


def top_level_names(files: Sequence[str]) -> tuple[str, ...]:
    """Names under which something of the project may be imported: packages and modules that no package is around."""
    packages = {str(PurePosixPath(p).parent) for p in files if p.endswith("/__init__.py")}
    found = set()
    for path in files:
        pure = PurePosixPath(path)
        if pure.suffix != ".py" or str(pure.parent) in packages or pure.name == "__init__.py":
            continue
        found.add(pure.stem)
    for package in packages:
        if str(PurePosixPath(package).parent) not in packages:
            found.add(PurePosixPath(package).name)
    return tuple(sorted(name for name in found if name.isidentifier()))


@dataclass(frozen=True, slots=True)
class _Imports:
    """Where an interpreter finds modules when it is started in a folder."""

    where: Mapping[str, tuple[str, ...]]
    path: tuple[str, ...]

    @classmethod
    def ask(
        cls,
        python: str,
        cwd: Path,
        names: Sequence[str],
        environ: Mapping[str, str],
        confine: Confine,
    ) -> _Imports:
        done = subprocess.run(
            confine([python, "-c", _PROBE, json.dumps(names)]),
            cwd=cwd,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        text = done.stdout.decode("utf-8", "replace").partition("<tdad>")[2]
        answer = json.loads(text.partition("</tdad>")[0] or '{"where": {}, "path": []}')
        where = {name: tuple(places) for name, places in answer["where"].items()}
        return cls(where, tuple(answer["path"]))

    def entries(self, root: Path, files: Sequence[str]) -> Sequence[str]:
        """Folders of the project that imports come from, relative to ``root``; the working directory needs no help."""
        real = os.path.realpath(root)
        holders = [os.path.relpath(entry, real) for entry in self.path]
        for places in self.where.values():
            holders += [os.path.relpath(os.path.dirname(place), real) for place in places]  # noqa: PTH120
        folders = {str(PurePosixPath(path).parent) for path in files if path.endswith(".py")}
        around = {str(above) for folder in folders for above in PurePosixPath(folder).parents}
        known = (folders | around) - {".", ".."}
        return tuple(dict.fromkeys(holder for holder in holders if holder in known))


def _check(
    python: str,
    root: Path,
    before: _Imports,
    pythonpath: Sequence[str],
    original: Path,
    *,
    confine: Confine,
) -> None:
    """Refuse when a name that comes from the project would not come from the copy."""
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([*pythonpath, *([inherited] if inherited else [])])
    environ = {"PYTHONPATH": path} if path else {}
    now = _Imports.ask(python, root, list(before.where), environ, confine)
    real = os.path.join(os.path.realpath(original), "")  # noqa: PTH118
    copy = os.path.join(os.path.realpath(root), "")  # noqa: PTH118
    for name, places in sorted(before.where.items()):
        ours = any(place.startswith(real) and not _installed(place) for place in places)
        found = now.where.get(name, ())
        if ours and not any(place.startswith(copy) for place in found):
            raise AuditWrongTree(name, next(iter(found), "nowhere"), python)


def _installed(place: str) -> bool:
    return "site-packages" in place or "dist-packages" in place
