"""What is asked of two versions of a project, whether something was recorded of them or not."""

from __future__ import annotations

from typing import Protocol

from tdad.facts import FileFacts
from tdad.graph.resolve import Resolver


class Lookup(Protocol):
    """Facts by path."""

    def get(self, path: str, /) -> FileFacts | None:
        """Facts of the file; ``None``: there is none, or it did not change."""
        ...


class Versions(Protocol):
    """A project before and after a change."""

    @property
    def now(self) -> Resolver:
        """Over the new version."""
        ...

    @property
    def before(self) -> Resolver:
        """Over the old version."""
        ...

    @property
    def head(self) -> Lookup:
        """All files of the new version."""
        ...

    @property
    def old(self) -> Lookup:
        """Files as they were, if they changed."""
        ...

    @property
    def installed(self) -> frozenset[str]:
        """Top-level modules that are known to be importable."""
        ...
