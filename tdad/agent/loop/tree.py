"""The files as the model sees them: those of the start with its edits on top. A value; an edit gives another."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from tdad.facts_fix import Patch


@dataclass(frozen=True, slots=True)
class Tree:
    """One state of the project."""

    paths: tuple[str, ...]
    """Files at the start, sorted: no links, nothing outside, nothing that git ignores."""
    start: Callable[[str], bytes | None]
    """What is in a file at the start."""
    patch: Patch = field(default_factory=dict)
    links: frozenset[str] = frozenset()
    """Paths that are links: they are neither read nor written."""

    def read(self, path: str) -> bytes | None:
        """What is in the file now; ``None``: there is none."""
        if path in self.patch:
            return self.patch[path]
        return self.start(path)

    def text(self, path: str) -> str | None:
        """The same as text; bytes that are no UTF-8 survive a round trip (:func:`encoded`)."""
        data = self.read(path)
        return None if data is None else decoded(data)

    def with_file(self, path: str, data: bytes) -> Tree:
        """The state in which the file has these contents."""
        patch: Mapping[str, bytes | None] = {**self.patch, path: data}
        if data == self.start(path):
            patch = {each: value for each, value in patch.items() if each != path}
        return replace(self, patch=patch)

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are there now, sorted."""
        gone = {path for path, data in self.patch.items() if data is None}
        return tuple(sorted((set(self.paths) | set(self.patch)) - gone))

    @property
    def digest(self) -> str:
        """Name of the state."""
        key = blake2b(digest_size=8)
        for path, data in sorted(self.patch.items()):
            key.update(path.encode("utf-8", "surrogateescape") + b"\0")
            key.update(blake2b(data if data is not None else b"-").digest())
        return key.hexdigest()

    def find(self, path: str) -> str:
        """What the model means by ``path``: cleaned up; an absolute path by the file that it ends with."""
        path = "".join(char if char.isprintable() else "?" for char in path)
        plain = path.strip().strip("`'\"").replace("\\", "/")
        plain = posixpath.normpath(plain) if plain else "."
        if not plain.startswith(("/", "a/", "b/")):
            return plain
        files = self.files
        if plain in files:
            return plain
        tails = [each for each in files if plain.endswith(f"/{each}")]
        return max(tails, key=len) if tails else plain


def decoded(data: bytes) -> str:
    """Bytes as text, without loss."""
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """The inverse of :func:`decoded`; what no file can hold becomes a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, as JSON can say it
        return text.encode("utf-8", "replace")
