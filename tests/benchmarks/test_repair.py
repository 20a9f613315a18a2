"""What `make repair` is made of: edits that are put together, the figures of its tables."""

from __future__ import annotations

from typing import Any

from repair_bugs import Edit, edited, edits
from repair_model_table import _rendered
from repair_table import rendered, written

BEFORE = b"a\nb\nc\nd\ne\n"


def test_edits_are_what_makes_one_text_of_the_other() -> None:
    for after in (b"a\nB\nc\nd\ne\n", b"a\nb\nx\ny\nc\nd\ne\n", b"c\nd\n", b"", BEFORE):
        assert edited(BEFORE, edits(BEFORE, after)) == after


def test_edits_of_two_changes_are_made_together_if_they_do_not_touch() -> None:
    one, two = edits(BEFORE, b"A\nb\nc\nd\ne\n"), edits(BEFORE, b"a\nb\nc\ne\n")
    assert edited(BEFORE, [*two, *one]) == b"A\nb\nc\ne\n"
    assert not one[0].overlaps(two[0])
    assert Edit(1, 2, ()).overlaps(Edit(2, 3, ())), "next to each other: one hunk for a difference"


def result(**given: Any) -> dict[str, Any]:
    found = {
        "subject": "click", "key": "1", "kind": "seeded", "where": "a.py::f", "what": "x",
        "way": "template", "end": "fixed", "fixed": True, "exact": True, "overfitted": 0,
        "candidates": 3, "start_s": 2.0, "search_s": 4.0, "limit": "10m",
    }  # fmt: skip
    return {**found, **given}


def test_the_tables_say_how_many_were_fixed_and_name_what_was_not() -> None:
    lost = result(
        key="2", where="b.py::g", end="not fixed", fixed=False, exact=False, overfitted=2
    )
    text = "\n".join(rendered([result(), lost]))
    assert "| template, seeded, operators of the audit: 25% | 50% of 2 | met |" in text
    assert "| 2 | 1 (50%) | 1 | 1 | 3 | 6 | 6 | 10m |" in text
    assert "`b.py::g: x`" in text
    assert "`a.py::f: x`" not in text


def arm(letter: str, key: str, broken: int, *, part: str = "clumsy") -> dict[str, Any]:
    return {
        "subject": "click", "key": key, "way": f"{part} {letter}", "first": "a name of nothing",
        "where": "a.py::f", "end": "fixed", "resolved": not broken, "empty": False,
        "broken": broken, "passing": 100, "catastrophic": broken > 90, "steps": 3, "refused": 1,
        "tokens": 1000,
    }  # fmt: skip


def test_arms_are_compared_over_the_bugs_that_all_of_them_had() -> None:
    results = [arm("A", "1", 95), arm("A", "2", 5), arm("A", "3", 50)]
    results += [arm("B", "1", 0), arm("B", "2", 5), arm("F", "1", 0), arm("F", "2", 0)]
    text = "\n".join(_rendered([*results, arm("F", "1", 0, part="oracle")]))
    assert "| A: plain | 2 | 2 | 0 (0%) | 100 | 200 | 50.00% | 2 | 1 |" in text
    assert "100.0% fewer passing tests are broken" in text
    assert "explains 95% of the difference" in text


def test_the_oracles_arms_are_compared_over_the_same_bugs() -> None:
    results = [arm(letter, key, 0, part="oracle") for letter, key in ("A1", "B1", "F1", "F2")]
    text = "\n".join(_rendered([*results, arm("A", "1", 0)]))
    assert "| F: everything | 2 | 2 (100%) |" in text
    assert "The same 1 bugs in each arm" in text
    assert "| A: plain | 1 | 1 (100%) |" in text


def test_what_only_overfits_is_counted_where_a_half_could_be_held_back() -> None:
    one = arm("F", "1", 0, part="clumsy half") | {"held": 2, "overfits": False}
    two = arm("F", "2", 0, part="clumsy half") | {"held": 1, "overfits": True, "resolved": False}
    none = {"way": "clumsy half F", "subject": "click", "key": "3", "held": 0}
    text = "\n".join(_rendered([arm("A", "1", 0), one, two, none]))
    assert "| F: everything | 2 | 2 | 1 | 1 | 0 |" in text


def test_lines_are_put_between_the_marks_and_the_rest_of_the_page_stays() -> None:
    page = "before\n<!-- a -->\nold\n<!-- b -->\nafter\n"
    assert written(page, ("<!-- a -->", "<!-- b -->"), ["new"]) == page.replace("old", "new")
