"""Edits of tests for the comparison: two texts, and what is to be said about them."""

from __future__ import annotations

from textwrap import dedent

from tdad.gate.tests_changed import Code, Compared, compare_tests
from tdad.source.checks import read_checks

HEAD = "import pytest\nfrom unittest import TestCase, mock\nfrom shop import cart, Cart\n"


def compared(
    old: str | dict[str, str],
    new: str | dict[str, str],
    code: Code | None = None,
    renamed: dict[str, str] | None = None,
) -> Compared:
    """Compare two versions of one test file, or of several."""
    return compare_tests(read(old), read(new), renamed, code)


def read(texts: str | dict[str, str]):
    files = {"test_shop.py": texts} if isinstance(texts, str) else texts
    return read_checks({path: (HEAD + dedent(text)).encode() for path, text in files.items()})


def body(*lines: str) -> str:
    """A test with these lines."""
    return "def test_it(shop):\n" + "".join(f"    {line}\n" for line in lines)
