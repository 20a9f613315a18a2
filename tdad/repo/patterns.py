"""Which paths are project code: environments, build products and the user's ``exclude`` patterns are not."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache

TOOL_FOLDERS = frozenset(
    {
        "__pycache__",
        "__pypackages__",
        "node_modules",
        "site-packages",
        "dist-packages",
        ".eggs",
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tdad",
        ".tox",
    }
)
"""Folders that hold no project code wherever they are, also where nothing ignores them."""

ENVIRONMENT_MARKERS = ("pyvenv.cfg", "conda-meta/history")
"""A folder that has one of these is a Python environment (PEP 405; conda)."""


def environments(paths: Iterable[str]) -> frozenset[str]:
    """Return the folders that are Python environments, judged by the files in ``paths``."""
    found = set()
    for path in paths:
        for marker in ENVIRONMENT_MARKERS:
            if path.endswith("/" + marker):
                found.add(path[: -len(marker) - 1])
    return frozenset(found)


def project_only(paths: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """Return ``paths`` without tool folders, environments and what ``exclude`` matches, in the same order."""
    folders = environments(paths)
    excluded = matcher(exclude)
    return [
        path
        for path in paths
        if TOOL_FOLDERS.isdisjoint(path.split("/")[:-1])
        and not (folders and _below(path, folders))
        and not excluded(path)
    ]


def is_project(path: str, exclude: Sequence[str]) -> bool:
    """Tell whether ``path`` alone says that it may be project code."""
    return TOOL_FOLDERS.isdisjoint(path.split("/")[:-1]) and not matcher(exclude)(path)


def _below(path: str, folders: Collection[str]) -> bool:
    return any(path.startswith(folder + "/") for folder in folders)


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_regex(pattern) for pattern in patterns))


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a test for paths that one of ``patterns`` matches, the path itself or a folder above it.

    The language of .gitignore without negation: a pattern without a slash (but at its end) matches a name at any
    depth, another one a path from the project root; ``*`` and ``?`` stop at slashes, ``**`` does not.
    """
    if not patterns:
        return lambda _path: False
    match = _compiled(tuple(patterns)).match
    return lambda path: match(path) is not None


def _regex(pattern: str) -> str:
    body = pattern.removeprefix("./").rstrip("/")
    anchored = "/" in body
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?|\[[^]]+\])", body.removeprefix("/"))
    text = "".join(_SPECIAL.get(part) or _literal(part) for part in parts)
    return f"(?:{'' if anchored else '(?:.*/)?'}{text}(?:/.*)?$)"


_SPECIAL = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _literal(part: str) -> str:
    if part.startswith("[") and part.endswith("]") and len(part) > 2:
        inside = part[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return f"[{'^' + inside[1:] if inside.startswith(('!', '^')) else inside}]"
    return re.escape(part)
