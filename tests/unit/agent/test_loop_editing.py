"""One edit of a text: what is exact enough, and what is said when it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdad.agent.loop.editing import Edited, Refused, edit

TEXT = """\
class Cart:
    def total(self):
        found = sum(self.prices)
        return found

    def count(self):
        return len(self.prices)
"""


def done(old: str, new: str, text: str = TEXT) -> Edited:
    found = edit("shop.py", text, old, new)
    assert isinstance(found, Edited), found
    return found


def refused(old: str, new: str, text: str | None = TEXT) -> Refused:
    found = edit("shop.py", text, old, new)
    assert isinstance(found, Refused), found
    return found


def test_an_exact_text_that_occurs_once():
    found = done("return found\n", "return found + 1\n")
    assert found.text == TEXT.replace("return found\n", "return found + 1\n")
    assert (found.first, found.last, found.added, found.removed) == (4, 4, 1, 1)
    assert found.note == ""


def test_taking_lines_away():
    found = done("        found = sum(self.prices)\n", "")
    assert (found.first, found.last, found.added, found.removed) == (3, 2, 0, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3: found = sum(self.prices)\n4: return found", "3: return sum(self.prices)"),
        (
            "3:         found = sum(self.prices)\n4:         return found",
            "3:         return sum(self.prices)",
        ),
        ("3  found = sum(self.prices)\n4  return found", "return sum(self.prices)"),
        ("found = sum(self.prices)   \nreturn found", "return sum(self.prices)"),
        (
            "            found = sum(self.prices)\n            return found",
            "            return sum(self.prices)",
        ),
        (
            "        found = sum(self.prices)  \n        return found\t",
            "        return sum(self.prices)",
        ),
    ],
    ids=["numbered, shifted", "numbered", "as in the prompt", "blanks", "too deep", "blanks only"],
)
def test_line_numbers_indentation_and_blanks_are_seen_through(old, new):
    found = done(old, new)
    assert "    def total(self):\n        return sum(self.prices)\n\n" in found.text


def test_a_text_that_occurs_often_names_the_lines():
    found = refused("self.prices", "self.items")
    assert "occurs 2 times (lines 3, 7)" in found.why


def test_a_text_that_is_not_there_shows_what_is():
    found = refused("        total = sum(self.prices)\n        return total", "x")
    assert "3:         found = sum(self.prices)\n4:         return found" in found.why
    assert (found.first, found.last) == (3, 7)
    assert "nothing there is like it" in refused("zzzzzzzz qqqqqqqq", "x").why


def test_an_edit_that_was_made_before():
    assert "already in shop.py" in refused("return None or 0", "return len(self.prices)").why


def test_new_files_and_files_that_exist():
    assert done("", "x = 1\n", "").text == "x = 1\n"
    assert isinstance(edit("new.py", None, "", "x = 1\n"), Edited)
    assert "shop.py exists" in refused("", "x = 1\n").why
    assert "leave old empty" in refused("a", "b", None).why


def test_line_ends_stay_what_they_are():
    text = TEXT.replace("\n", "\r\n")
    found = done("    def count(self):\n        return len(self.prices)", "    count = 0", text)
    assert found.text.count("\r\n") == found.text.count("\n") == 6


@given(st.text(min_size=1), st.text(), st.text())
def test_an_edit_is_made_exactly_or_not_at_all(old, new, around):
    text = f"{around}{old}{around}"
    found = edit("a.py", text, old, new)
    if isinstance(found, Edited) and not found.note and "\r\n" not in text and old in text:
        assert found.text == text.replace(old, new, 1)
