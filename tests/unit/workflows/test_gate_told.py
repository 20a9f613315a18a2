"""A runner that refuses a whole run because of some of its tests."""

from __future__ import annotations

from tdad.facts import Status
from tdad.facts_gate import Attempt
from tdad.runner.witness_read import Witnessed
from tdad.runner.witnessed import Wanted
from tdad.workflows.gate_told import Told

GIS = [f"tests/gis/app_{n}/tests.py::Case::test_it" for n in range(20)]
OTHERS = [f"tests/shop_{n % 9}/tests.py::Case::test_{n}" for n in range(180)]
NAMES = tuple(name for pair in zip(GIS, OTHERS, strict=False) for name in pair) + tuple(
    OTHERS[20:]
)


class Runner:
    """Refuses whatever has a test of ``refused`` in it; ``says`` so, with a name or not."""

    def __init__(self, says, refused="tests/gis/"):
        self.says, self.refused, self.runs = says, refused, []

    def __call__(self, wanted, *, timeout_s, patch):
        self.runs.append(wanted.ids)
        if any(name.startswith(self.refused) for name in wanted.ids):
            return Witnessed(process_code=1, said=self.says)
        ran = {name: Attempt(Status.PASSED) for name in wanted.ids}
        return Witnessed(attempts=ran, exit_code=0)


def told(tmp_path, runner):
    files = frozenset(name.partition("::")[0] for name in NAMES)
    for path in files:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return Told("python tests/run.py {tests}", tmp_path, lambda: files, runner)


def test_what_it_names_waits_until_all_others_had_their_turn(tmp_path):
    runner = Runner("a database is required to run gis")
    run = told(tmp_path, runner).run(Wanted(ids=NAMES, budget_s=60.0), timeout_s=None, patch=None)
    assert set(run.attempts) == set(OTHERS)
    assert set(run.uncollected) == {name.partition("::")[0] for name in GIS}
    assert [len(ids) for ids in runner.runs[:3]] == [100, 80, 100]
    assert not any("gis" in name for ids in runner.runs[1:3] for name in ids)


def test_with_no_time_left_it_is_not_run_and_said_so(tmp_path):
    runner = Runner("a database is required to run gis")
    side = told(tmp_path, runner)
    run = side.run(Wanted(ids=NAMES, budget_s=1e-9), timeout_s=None, patch=None)
    assert run.cut_short
    assert set(GIS) <= set(run.chosen)
    assert not set(GIS) & set(run.attempts)


def test_no_test_is_lost_whatever_it_says(tmp_path):
    for says in ("", "no", "shop_1 and shop_2 and gis", "gis"):
        for refused in ("tests/gis/", "tests/shop_1/", "tests/"):
            side = told(tmp_path, Runner(says, refused))
            for _ in range(2):
                run = side.run(Wanted(ids=NAMES, budget_s=60.0), timeout_s=None, patch=None)
                seen = {name.partition("::")[0] for name in run.attempts} | set(run.uncollected)
                assert seen == {name.partition("::")[0] for name in NAMES}
