"""Which files and functions pytest takes for tests, as its configuration says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import basename

UNITTEST = "test"
"""What unittest's loader takes method names to begin with (``TestLoader.testMethodPrefix``)."""


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


def is_test_function(name: str, patterns: Patterns) -> bool:
    """Tell whether pytest, or unittest, may take a function of that name for a test, by its name alone."""
    return name.startswith(UNITTEST) or matches(name, patterns.python_functions)


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Match by the rule of pytest (``PyCollector._matches_prefix_or_glob_option``): a prefix, or a glob."""
    return any(
        name.startswith(pattern)
        or (any(c in pattern for c in "*?[") and fnmatchcase(name, pattern))
        for pattern in patterns
    )
