from __future__ import annotations

from gate_figures import PAGE, rendered


def test_the_tables_of_the_page_are_those_of_the_code_and_of_the_results():
    """Else: python tools/gate_measure.py --table."""
    page = PAGE.read_text(encoding="utf-8")
    assert rendered(page) == page
