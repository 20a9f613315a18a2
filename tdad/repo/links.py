"""Symbolic links: what is read through them, and never from outside the work tree."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tdad.facts import FileVersion
from tdad.repo.content import Content, blobs, is_inside, link_text, on_disk
from tdad.repo.git import Git
from tdad.repo.listing import SYMLINK, Listing


def seen_through_links(
    git: Git, commit: str, path: str, modes: tuple[str, str], old: Content
) -> tuple[Content, Content]:
    """Return both versions of a path that is or was a symbolic link, as one who opens it sees them.

    A link that leads out of the project, to a folder or nowhere is represented by its text. ``modes``: before and now.
    """
    old_mode, new_mode = modes
    if old_mode == SYMLINK and old.data is not None:
        old = _old_target(git, commit, path, old.data)
    if new_mode == SYMLINK:
        new = Content(link_text(git.cwd, path))
        if is_inside(git.cwd, path):
            target = on_disk(git.cwd, path)
            new = target if target.data is not None else new
    else:
        new = on_disk(git.cwd, path)
    return old, new


def _old_target(git: Git, commit: str, path: str, text: bytes) -> Content:
    toplevel_path = posixpath.normpath(posixpath.join(git.prefix, path))
    target = posixpath.normpath(
        posixpath.join(posixpath.dirname(toplevel_path), os.fsdecode(text))
    )
    if target.startswith(("/", "..")):
        return Content(text)
    name = f"{commit}:{target}"
    found = blobs(git, {name: path})[name]
    return found if found.data is not None else Content(text)


def links_onto(root: str, here: Listing, versions: Sequence[FileVersion]) -> Iterator[FileVersion]:
    """Yield each changed file once more for every tracked link through which it is also seen.

    Python knows a module by the path it was imported by, and that may be the link's.
    """
    links = [
        path for path, mode in here.tracked.items() if mode == SYMLINK and path not in here.deleted
    ]
    if not links or not versions:
        return
    told = {version.path for version in versions}
    top = os.path.realpath(root)
    for link in links:
        real = os.path.realpath(os.path.join(root, link))  # noqa: PTH118 - not normalised before it is resolved
        target = os.path.relpath(real, top).replace(os.sep, "/")
        for version in versions:
            rest = "" if version.path == target else version.path.removeprefix(target)
            if rest == version.path or (rest and not rest.startswith("/")):
                continue
            if link + rest not in told:
                note = " ".join(sorted({*version.note.split(), "symlink"}))
                yield replace(version, path=link + rest, old_path=None, note=note)
