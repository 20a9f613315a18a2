"""Options that do not go together: what is left out is said."""

from __future__ import annotations

from tdad.workflows.gate_options import GateOptions


def settled(**options: object) -> tuple[str, bool, float, int]:
    given = GateOptions(base="main", **options)  # type: ignore[arg-type]
    left = given.settled()
    assert not left.unused, "settled is settled"
    return left.select, left.shadow, left.sample, len(given.unused)


def test_the_shadow_watches_the_selection() -> None:
    assert settled(shadow=True, select="all") == ("impacted", True, 0.0, 1)
    assert settled(shadow=True, sample=0.1) == ("impacted", True, 0.0, 1)
    assert settled(shadow=True, select="all", sample=0.1) == ("impacted", True, 0.0, 2)


def test_where_all_tests_run_none_is_drawn() -> None:
    assert settled(select="all", sample=0.1) == ("all", False, 0.0, 1)


def test_what_goes_together_stays() -> None:
    assert settled() == ("impacted", False, 0.0, 0)
    assert settled(sample=0.1) == ("impacted", False, 0.1, 0)
    assert settled(select="all") == ("all", False, 0.0, 0)
