"""A patch onto contents, in memory: file versions come out, nothing is written.

Why not ``git apply``: it needs a repository and, to leave the tree alone, a copy of the index and objects; and it says
less about why a hunk does not fit. Tests hold the two against each other.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tdad.errors import PatchDoesNotApply
from tdad.facts import FileVersion
from tdad.repo.listing import SUBMODULE, SYMLINK
from tdad.repo.patch import FilePatch, MisfitError, PatchSet
from tdad.repo.patch_binary import apply_binary
from tdad.repo.patch_hunks import apply_hunks, reverse

Read = Callable[[str], bytes | None]
"""Path → contents before the patch; ``None``: no such file."""

NOT_IN_PATCH = b"\0tdad: contents that the patch does not carry\n"


@dataclass(slots=True)
class _State:
    """The files as the patches so far have left them."""

    read: Read
    now: dict[str, bytes | None] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    """New path of a renamed file → the path it had before the patch."""
    notes: dict[str, set[str]] = field(default_factory=dict)

    def content(self, path: str) -> bytes | None:
        return self.now[path] if path in self.now else self.read(path)

    def note(self, path: str, *words: str) -> None:
        self.notes.setdefault(path, set()).update(words)


def apply(patch: PatchSet, read: Read) -> tuple[FileVersion, ...]:
    """Return each file that ``patch`` touches, before and after, sorted by path.

    ``note`` as in ``changed_files``; ``unreadable`` where the patch has no contents (``Binary files … differ``).

    Raises:
        PatchDoesNotApply: it does not fit what ``read`` returns.
    """
    state = _State(read)
    for file in patch.files:
        _apply_file(state, file)
    versions = [_version(state, path) for path in state.now if not _moved_away(state, path)]
    return tuple(
        sorted(
            (version for version in versions if version is not None),
            key=lambda version: version.path,
        )
    )


def _moved_away(state: _State, path: str) -> bool:
    return state.now[path] is None and path in state.origin.values()


def _version(state: _State, path: str) -> FileVersion | None:
    new = state.now[path]
    origin = state.origin.get(path)
    old = state.read(origin or path)
    note = " ".join(sorted(state.notes.get(path, set())))
    if "submodule" in note or "symlink" in note:
        old, new = _special(state, path, old, new)
    if old == new and not note and not origin:
        return None
    return FileVersion(path, old, new, origin if origin != path else None, note)


def _special(
    state: _State, path: str, old: bytes | None, new: bytes | None
) -> tuple[bytes | None, bytes | None]:
    """Return the contents that a link leads to, if they are in the project; a submodule's pointer stays."""
    if new is None or "symlink" not in state.notes[path]:
        return old, new
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(new)))
    if target.startswith(("/", "..")):
        return old, new
    found = state.content(target)
    return old, new if found is None else found


def _apply_file(state: _State, file: FilePatch) -> None:
    old_path, new_path = _paths(state, file)
    path = new_path or old_path or ""
    if SUBMODULE in {file.old_mode, file.new_mode}:
        state.now[path] = _text_after(file)
        state.note(path, "submodule", "unreadable")
        return
    if SYMLINK in {file.old_mode, file.new_mode}:
        # What a reader of the old contents sees is the link's target, so the hunk cannot be held against it.
        state.now[path] = _text_after(file) if new_path else None
        state.note(path, "symlink")
        return
    before = b"" if old_path is None else _before(state, file, old_path)
    if old_path is None and state.content(path) is not None:
        after = _patched(path, b"", file)
        already = state.content(path) == after
        raise PatchDoesNotApply(path, 0, "it is there already", already)
    after = _patched(path, before, file)
    if new_path is None:
        if after and not file.opaque:
            raise PatchDoesNotApply(path, 0, "it deletes the file, and not all of its lines")
        state.now[path] = None
        return
    _settle(state, file, old_path, new_path, after)


def _settle(state: _State, file: FilePatch, old_path: str | None, path: str, after: bytes) -> None:
    if file.renamed and old_path is not None and old_path != path:
        if state.content(path) is not None:
            raise PatchDoesNotApply(path, 0, "it is there already, and a file is renamed to it")
        state.now[old_path] = None
        origin = state.origin.pop(old_path, old_path)
        if state.read(origin) is not None:
            state.origin[path] = origin
    elif file.copied and state.content(path) is not None:
        raise PatchDoesNotApply(path, 0, "it is there already, and a file is copied to it")
    state.now[path] = after
    if file.opaque:
        state.note(path, "unreadable")
    if file.old_mode and file.new_mode and file.old_mode != file.new_mode:
        state.note(path, "mode")


def _paths(state: _State, file: FilePatch) -> tuple[str | None, str | None]:
    """Return the paths, settled with what is there where the patch leaves a choice."""
    old, new = file.old_path, file.new_path
    if file.git:
        return old, new
    if old is not None and new is not None and old != new:
        # "--- shop.py.orig", "+++ shop.py": GNU patch takes the one that exists.
        path = next((path for path in (new, old) if state.content(path) is not None), new)
        return path, path
    if new is not None and old is not None and file.hunks and file.hunks[0].old_count == 0:
        lines = file.hunks[0].old_start
        if lines == 0 and len(file.hunks) == 1 and state.content(new) is None:
            return None, new
    return old, new


def _before(state: _State, file: FilePatch, path: str) -> bytes:
    before = state.content(path)
    if before is None:
        target = file.new_path
        already = bool(file.renamed and target and state.content(target) is not None) or (
            file.new_path is None and not file.renamed
        )
        raise PatchDoesNotApply(path, 0, "there is no such file", already)
    return before


def _patched(path: str, before: bytes, file: FilePatch) -> bytes:
    try:
        if file.binary is not None:
            return apply_binary(before, file.binary)
        if file.opaque:
            return NOT_IN_PATCH if file.new_path is not None else b""
        return apply_hunks(before, file.hunks)
    except MisfitError as error:
        already = _fits_reversed(before, file)
        raise PatchDoesNotApply(path, error.hunk, error.reason, already) from error


def _fits_reversed(before: bytes, file: FilePatch) -> bool:
    if not file.hunks:
        return False
    try:
        apply_hunks(before, reverse(file.hunks), exact=True)
    except MisfitError:
        return False
    return True


def _text_after(file: FilePatch) -> bytes | None:
    lines = [
        line[1:]
        for hunk in file.hunks
        for line in hunk.body.split(b"\n")
        if line[:1] in {b"+", b" "}
    ]
    return b"\n".join(lines) if lines else None


def relocated(patch: PatchSet, place: Callable[[str], str | None]) -> PatchSet:
    """Return ``patch`` with every path changed by ``place``; files that it places nowhere are left out."""
    files = []
    for file in patch.files:
        old = place(file.old_path) if file.old_path is not None else None
        new = place(file.new_path) if file.new_path is not None else None
        if old is not None or new is not None:
            files.append(replace(file, old_path=old, new_path=new))
    return PatchSet(tuple(files))
