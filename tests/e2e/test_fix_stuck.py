"""A failing test that never ends, because the code it runs does not: it is ended, twice, and is a failing test."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from time import monotonic

from tdad.facts import Status
from tdad.runner.sandbox import Strictness
from tdad.workflows.fix_ground import prepared
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_start import begin
from tdad.workflows.project import open_project
from tests.e2e.fix_project import make_shop

STUCK = ("return sum(self.prices)", "while self.prices: pass\n        return 0")


def test_many_stuck_tests_do_not_take_many_times_as_long(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.edit(STUCK)
    (shop.root / "test_more.py").write_text(
        "from test_shop import filled\n\n"
        + "".join(f"def test_{number}(): filled(1).total()\n\n" for number in range(4))
        + "def test_slow():\n    import time\n    end = time.process_time() + 1.3\n"
        "    while time.process_time() < end: pass\n"
    )
    began = monotonic()
    with prepared(open_project(shop.root, {}), None, Strictness.AUTO, lambda _: None) as ground:
        seats = Seats(ground, 1, Event(), unknown_s=1.0)
        begun = begin(seats, (), tmp_path / "map.sqlite3", 120.0)
    statuses = begun.start.statuses
    assert {statuses[name] for name in begun.targets} == {Status.TIMEOUT}
    assert len(begun.targets) == 8, "all that ask for the total"
    assert "test_more.py::test_slow" not in begun.targets, "it only takes long"
    assert not set(begun.start.usual_s) & set(begun.targets)
    assert monotonic() - began < 120
