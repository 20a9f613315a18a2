from __future__ import annotations

import pytest

from tdad.answers import MapState
from tdad.report.impact import impact_lines, print_impact
from tests.unit.report.answers import FAILED, TOTAL, VAT, report


def text(*args: object, limit: int = 50, **kwargs: object) -> str:
    lines = impact_lines(report(*args, **kwargs), limit=limit)  # type: ignore[arg-type]  # test data
    return "\n".join(line.plain for line in lines)


def test_the_table_ranks_tests_with_score_evidence_and_reason():
    assert text(TOTAL, VAT).splitlines() == [
        "2 changes, 2 of 1,301 tests at risk",
        "  shop.py::Cart.total  body edited, lines 12-15",
        "  shop.py::VAT  value edited, line 3",
        "",
        "  #  risk  evidence    test",
        "  1  0.98  observed    tests/test_shop.py::test_total[3 eggs]",
        "     executes shop.py::Cart.total",
        "  2  0.70  derived     tests/test_shop.py::test_vat",
        "     executes shop.py::VAT",
        "",
        "Map: recorded 3 minutes ago, by functions; 2 files changed since.",
    ]


def test_a_limit_says_how_many_are_left_out():
    shown = text(TOTAL, VAT, FAILED, limit=1)
    assert "test_vat" not in shown
    assert "… and 2 more; all of them: --limit 3, or --format ids" in shown
    assert "3 of 1,301 tests at risk" in shown


def test_precautions_come_before_the_table():
    shown = text(TOTAL, precautions=("pyproject.toml decides how tests run; all tests run.",))
    assert shown.index("PRECAUTION pyproject.toml") < shown.index("test_total")


def test_no_test_at_risk_says_so_and_why():
    shown = text(safe={"shop.py::Cart.name": "comments only"}, unreached=("shop.py::VAT",))
    assert shown.startswith("2 changes, no test at risk of 1,301 tests")
    assert "No test reaches\n  shop.py::VAT" in shown
    assert "Selects nothing\n  shop.py::Cart.name  comments only" in shown


def test_nothing_changed():
    assert text(changes=()).startswith("No change, no test at risk of 1,301 tests")


def test_a_static_map_recommends_recording():
    state = MapState("static", None, ".tdad/map.sqlite3", "", 0)
    assert "nothing was recorded. Better: pytest --tdad-map" in text(TOTAL, state=state)


def test_many_changes_are_cut_with_a_count():
    changes = (report().answer.changes[0],) * 30
    assert "… and 18 more changes" in text(changes=changes)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            "ids",
            (
                "tests/test_shop.py::test_total[3 eggs]\n"
                "tests/test_other.py::test_it\n"
                "tests/test_shop.py::test_vat\n"
            ),
        ),
        ("files", "tests/test_shop.py\ntests/test_other.py\n"),
    ],
)
def test_ids_and_files_are_one_a_line_best_first(form, expected, capsys):
    print_impact(report(TOTAL, FAILED, VAT), form=form, limit=None)
    assert capsys.readouterr().out == expected


def test_ids_are_relative_to_where_the_user_stands(capsys):
    print_impact(
        report(TOTAL), form="ids", limit=None, place=lambda name: name.removeprefix("tests/")
    )
    assert capsys.readouterr().out == "test_shop.py::test_total[3 eggs]\n"


def test_ids_obey_the_limit(capsys):
    print_impact(report(TOTAL, VAT), form="ids", limit=1)
    assert capsys.readouterr().out == "tests/test_shop.py::test_total[3 eggs]\n"


def test_text_into_a_pipe_has_no_control_characters(capsys):
    print_impact(report(TOTAL, VAT, FAILED), form="text", limit=None)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in out.splitlines())
