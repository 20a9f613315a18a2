"""Explanations, stats, the index, the test map, words and changes."""

from __future__ import annotations

import pytest

from tdad.answers import Explanation, IndexSummary, MapEntry
from tdad.facts import Change, ChangeKind, Part, Span
from tdad.report import changes, words
from tdad.report.explain import explanation_lines
from tdad.report.index import index_lines
from tdad.report.maps import entry_lines, stats_lines
from tdad.report.testmap import render_testmap
from tests.unit.report.answers import EDIT, EXPLANATION, SAFE, STATS


def plain(lines) -> str:
    return "\n".join(line.plain for line in lines)


def test_an_explanation_tells_every_chain():
    assert plain(explanation_lines(EXPLANATION)).splitlines() == [
        "tests/test_shop.py::test_total[3 eggs] is at risk",
        "",
        "observed, score 0.98",
        "  executes shop.py::Cart.total",
        "  shop.py::Cart.total  body edited, lines 12-15",
        "    executed by tests/test_shop.py::test_total[3 eggs]",
        "",
        "also",
        "derived, score 0.70",
        "  executes shop.py::VAT",
        "  shop.py::VAT  value edited, line 3",
        "    executed by tests/test_shop.py::test_vat",
        "",
        "Changes that do not reach it",
        "  shop.py::Cart.name",
        "    safe because only comments differ",
    ]


def test_a_safe_test_says_why():
    text = plain(explanation_lines(SAFE))
    assert text.startswith("tests/test_shop.py::test_name is safe\n")
    assert "shop.py::Cart.total\n    safe because the test never executed it" in text


def test_without_a_change_every_test_is_safe():
    nothing = Explanation("t.py::test_a", False, None, (), ())
    assert "safe because nothing changed" in plain(explanation_lines(nothing))


def test_stats():
    text = plain(stats_lines(STATS))
    assert "3 (1 failed, 2 passed), 12 s" in text
    assert "48.2 kB, schema 1" in text
    assert "2023-11-14 22:13 UTC, by functions, with monitoring on cpython 3.13.0" in text
    assert "2 files changed since" in text


def test_the_index_names_files_that_do_not_parse():
    summary = IndexSummary(3, 2, 1, 60, (("bad.py", "line 3: invalid syntax"),), 0.04)
    assert plain(index_lines(summary)).splitlines() == [
        "3 files (2 parsed, 1 unchanged), 1 definition, 60 references, 0.0 s",
        "bad.py does not parse: line 3: invalid syntax",
    ]


def test_an_entry_shows_details_and_sections():
    entry = MapEntry("file", "shop.py", {"digest": "ab"}, {"tests": ("t.py::a", "t.py::b")})
    assert plain(entry_lines(entry)).splitlines() == [
        "shop.py  file",
        "  digest      ab",
        "",
        "tests (2)",
        "  t.py::a",
        "  t.py::b",
    ]


def test_the_test_map_is_sorted_and_leaves_out_files_without_tests():
    lines = render_testmap(
        {"b.py": ["t/test_b.py", "t/test_a.py"], "a.py": {"t/x.py"}, "c.py": ()}
    )
    assert list(lines) == ["a.py: t/x.py\n", "b.py: t/test_a.py t/test_b.py\n"]


@pytest.mark.parametrize(
    ("change", "headline"),
    [
        (EDIT, "body edited, lines 12-15"),
        (Change("a.py", "f", ChangeKind.ADDED, Part.WHOLE, new=(Span(1, 9),)), "added"),
        (Change("a.py", "", ChangeKind.EDITED, Part.WHOLE), "whole file edited"),
        (Change("a.txt", "", ChangeKind.REMOVED, Part.DATA), "file removed"),
        (
            Change("a.py", "g", ChangeKind.RENAMED, Part.WHOLE, old_qualname="f"),
            "renamed, was a.py::f",
        ),
        (
            Change("a.py", "", ChangeKind.ADDED, Part.EFFECT, new=(Span(4, 4),), detail="a call"),
            "module-level statement added, line 4, a call",
        ),
    ],
)
def test_a_change_in_words(change, headline):
    assert changes.headline(change) == headline


def test_many_spans_are_cut():
    spans = tuple(Span(line, line) for line in (1, 3, 5, 7))
    assert changes.lines(spans) == "lines 1, 3, 5, …"


@pytest.mark.parametrize(
    ("age_s", "text"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7300, "2 hours ago"),
        (2e5, "2 days ago"),
    ],
)
def test_ages(age_s, text):
    assert words.ago(age_s) == text


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [(0.04, "0.0 s"), (9.96, "10 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s")],
)
def test_durations(duration_s, text):
    assert words.seconds(duration_s) == text


@pytest.mark.parametrize(
    ("number", "text"), [(999, "999 B"), (48_200, "48.2 kB"), (999_960, "1.0 MB"), (2e9, "2.0 GB")]
)
def test_sizes(number, text):
    assert words.size(int(number)) == text
