"""Which files pytest takes for test modules, as its configuration says."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import basename


@dataclass(frozen=True, slots=True)
class Patterns:
    """The ini options of pytest of the same names: prefixes, or globs where they contain ``*``, ``?`` or ``[``."""

    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    python_classes: tuple[str, ...] = ("Test",)
    python_functions: tuple[str, ...] = ("test",)


def is_test_file(path: str, patterns: Patterns) -> bool:
    """Tell whether pytest takes ``path`` for a test module."""
    return any(
        fnmatchcase(path if "/" in pattern else basename(path), pattern)
        for pattern in patterns.python_files
    )
