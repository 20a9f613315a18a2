"""Changes that were named rather than found: a patch that is not applied, and whole files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tdad.config import Config
from tdad.errors import FileNotInProject, PatchUnsafePath
from tdad.facts import FileVersion
from tdad.repo.content import blobs, is_inside, on_disk
from tdad.repo.files import current, joined, source_path
from tdad.repo.git import Git, discover, find
from tdad.repo.patch import PatchSet
from tdad.repo.patch_apply import apply, relocated
from tdad.repo.patch_read import read_patch
from tdad.repo.patterns import is_project
from tdad.repo.revisions import resolve


def patched_files(
    root: Path, text: bytes, base: str | None = None, *, config: Config | None = None
) -> tuple[FileVersion, ...]:
    """Return what the unified diff ``text`` would change, sorted by path; nothing is written.

    It is applied to the work tree, or to commit ``base`` (that very one, not a merge base). When all of its paths, or
    some, begin with the place of ``root`` in the repository, they are taken as relative to the toplevel, as git writes
    them; files outside ``root`` and the ``source`` folders are left out.

    Raises:
        PatchUnreadable, PatchUnsafePath, PatchDoesNotApply: see ``read_patch`` and ``apply``.
        NotARepository, RevisionUnknown and others: ``base`` is given and cannot be read.
    """
    config = config or Config()
    patch = read_patch(text)
    git = find(root) if base is None else discover(root)
    patch = _within(root, patch, git, config)
    if base is None or git is None:
        versions = apply(patch, lambda path: _read_inside(root, path))
    else:
        before = _at_commit(git, resolve(git, base), patch)
        versions = apply(patch, before.get)
    return tuple(version for version in versions if is_project(version.path, config.exclude))


def _within(root: Path, patch: PatchSet, git: Git | None, config: Config) -> PatchSet:
    """Return ``patch`` with paths relative to ``root``, without what is neither below it nor in a source folder."""
    if git is None or not git.prefix:
        return patch
    paths = [path for file in patch.files for path in (file.old_path, file.new_path) if path]
    if not any(path.startswith(git.prefix + "/") for path in paths):
        return patch
    sources = [source_path(root, source) for source in config.source]

    def place(path: str) -> str | None:
        here = git.relative(path)
        if not here.startswith("../") or any(here.startswith(source + "/") for source in sources):
            return here
        return None

    return relocated(patch, place)


def _read_inside(root: Path, path: str) -> bytes | None:
    """Return the contents of ``path``.

    Raises:
        PatchUnsafePath: a symbolic link on the way leads out of the project.
    """
    folder = path.rpartition("/")[0]
    if not path.startswith("../") and folder and not is_inside(str(root), folder):
        raise PatchUnsafePath(path, "which a symbolic link leads out of the project")
    if (root / path).is_symlink() and not is_inside(str(root), path):
        raise PatchUnsafePath(path, "which a symbolic link leads out of the project")
    return current(root, path)


def _at_commit(git: Git, commit: str, patch: PatchSet) -> Mapping[str, bytes | None]:
    """Return the contents at ``commit`` of every path in ``patch``."""
    paths = {path for file in patch.files for path in (file.old_path, file.new_path) if path}
    names = {f"{commit}:{joined(git.prefix or '.', path)}": path for path in sorted(paths)}
    found = blobs(git, names)
    return {path: found[name].data for name, path in names.items()}


def whole_files(
    root: Path, paths: Sequence[str], cwd: Path | None = None
) -> tuple[FileVersion, ...]:
    """Return ``paths`` (relative to ``cwd``, by default ``root``) as changed throughout, sorted.

    Which lines changed is not known, so both versions are what is in the file now and ``note`` is ``whole``: for
    ``source.compare`` every definition in it changed.

    Raises:
        FileNotInProject: a path is no regular file, or not below ``root``.
    """
    found = set()
    for path in paths:
        absolute = os.path.abspath((cwd or root) / path)  # noqa: PTH100 - symbolic links stay as they are
        relative = os.path.relpath(absolute, root).replace(os.sep, "/")
        content = on_disk(str(root), relative)
        if relative == ".." or relative.startswith("../"):
            raise FileNotInProject(path, f"it is not below {root}")
        if content.data is None:
            raise FileNotInProject(path, "there is no such file")
        note = " ".join(filter(None, ("whole", content.note)))
        found.add(FileVersion(relative, content.data, content.data, None, note))
    return tuple(sorted(found, key=lambda version: version.path))
