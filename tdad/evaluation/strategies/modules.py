"""Dotted names of files, as import statements may call them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tdad.facts import FileFacts


def modules_of(files: Mapping[str, FileFacts]) -> dict[str, str]:
    """Dotted name → path. A file below folders that are no packages (``src``) has a name without each of them, too."""
    found: dict[str, str] = {}
    for path in sorted(files):
        for name in _names(path, files):
            found.setdefault(name, path)
    return found


def _names(path: str, files: Mapping[str, FileFacts]) -> Iterator[str]:
    *folders, file = path.removesuffix(".py").split("/")
    parts = folders if file == "__init__" else [*folders, file]
    for dropped in range(len(parts)):
        yield ".".join(parts[dropped:])
        if "/".join([*folders[: dropped + 1], "__init__.py"]) in files:
            return
