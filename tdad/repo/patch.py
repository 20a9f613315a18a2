"""A unified diff as values.

Lines are 1-based lines of the patch; paths are as the patch means them: without ``a/`` and ``b/``, POSIX.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hunk:
    """One ``@@`` part. Counts are lines; ``body`` is its text, each line with its first character."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    body: bytes
    line: int


@dataclass(frozen=True, slots=True)
class BinaryHunk:
    """The forward part of a ``GIT binary patch``: base 85 lines of deflated data."""

    delta: bool
    size: int
    """Bytes after inflating."""
    lines: bytes
    line: int


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What the patch does to one file."""

    old_path: str | None
    """``None``: the file is created."""
    new_path: str | None
    """``None``: the file is deleted."""
    hunks: tuple[Hunk, ...] = ()
    old_mode: str = ""
    new_mode: str = ""
    """As git writes them (``100644``); empty when the patch does not say."""
    renamed: bool = False
    copied: bool = False
    binary: BinaryHunk | None = None
    opaque: bool = False
    """Binary contents that the patch does not carry (``Binary files … differ``)."""
    git: bool = False
    """It has git's header, whose word on creation, deletion and renaming is final."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class PatchSet:
    """All file patches of a text, in order; a file may occur more than once (several commits)."""

    files: tuple[FilePatch, ...] = ()


class MisfitError(Exception):
    """A hunk (1-based; 0: the whole file) does not fit."""

    def __init__(self, hunk: int, reason: str) -> None:
        self.hunk = hunk
        self.reason = reason
        super().__init__(reason)
