"""Which assignments at module and class level cannot fail, whatever their names stand for."""

from __future__ import annotations

import pytest

from tdad.source import index


@pytest.mark.parametrize(
    "code",
    [
        "x = a",
        "x = y = a",
        "x = 'text', 1, None, a",
        "x = {'a': a, 1: [b, (c, ...)]}",
        "x: list[int] = a",
        "class C:\n    x = a",
        "import typing as t\nx = t.TypeVar('x', bound=a)",
        "from typing import NewType\nx = NewType('x', a)",
    ],
)
def test_only_names(code: str) -> None:
    assert index("m.py", code.encode()).statements[-1].calm


@pytest.mark.parametrize(
    "code",
    [
        "x = a()",
        "x = a.b",
        "x = a[0]",
        "x = a + 1",
        "x = not a",
        "x = [*a]",
        "x = {**a}",
        "x = [b for b in a]",
        "x, y = a",
        "x.y = a",
        "x += a",
        "x = f'{a}'",
        "x = lambda: a()",
        "x = a if b else c",
        "def f():\n    x = a",
        "a",
        "t.TypeVar(a)",
    ],
)
def test_may_fail(code: str) -> None:
    assert not index("m.py", code.encode()).statements[-1].calm
