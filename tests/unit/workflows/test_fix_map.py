"""How suspicious lines are, where only first lines of functions were recorded."""

from __future__ import annotations

from tdad.source import index
from tdad.workflows.fix_map import _all_of

TEXT = b"""\
def outer(x):
    a = x

    def inner():
        return a

    return inner


class Cart:
    @property
    def total(self):
        return 1
"""


def test_every_line_of_a_function_that_was_entered_is_as_suspicious_as_its_first() -> None:
    facts = index("shop.py", TEXT)
    found = _all_of({1: 0.4, 4: 0.9}, facts)
    assert {line: found[line] for line in (1, 2, 7)} == {1: 0.4, 2: 0.4, 7: 0.4}
    assert {found[line] for line in (4, 5)} == {0.9}
    assert not {8, 9, 10, 11, 12} & set(found), "what was not entered is not suspicious"


def test_a_decorated_function_is_entered_at_its_first_decorator() -> None:
    found = _all_of({11: 0.7}, index("shop.py", TEXT))
    assert {found.get(line) for line in (11, 12, 13)} == {0.7}
    assert 10 not in found, "the class is not what was entered"
