"""The project that a command works on."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tdad.config import Config, find_root, load


@dataclass(frozen=True, slots=True)
class Project:
    """Where the project is, how it is configured, and where the user stands."""

    root: Path
    config: Config
    cwd: Path

    @property
    def map_path(self) -> Path:
        """Path of the map file."""
        return self.root / self.config.map

    @property
    def spool_path(self) -> Path:
        """Folder below which runs write what they observe until it is in the map."""
        return self.map_path.parent / "spool"


def open_project(start: Path, overrides: Mapping[str, object] | None = None) -> Project:
    """Find the project around ``start`` and read its configuration.

    Raises:
        TdadError: the configuration is wrong.
    """
    start = start.resolve()
    root = find_root(start)
    return Project(root=root, config=load(root, os.environ, **(overrides or {})), cwd=start)


def rebase_node_id(node_id: str, old: Path, new: Path) -> str:
    """A node id whose file part is relative to ``old``, as one relative to ``new``."""
    path, separator, rest = node_id.partition("::")
    if old != new:
        path = Path(os.path.relpath(old / path, new)).as_posix()
    return posixpath.normpath(path) + separator + rest
