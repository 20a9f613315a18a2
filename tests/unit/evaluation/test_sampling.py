"""Which faults are tried: spread, stable, a longer list begins with the shorter one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tdad.evaluation.sampling import SCHEDULE, Stock, sample
from tdad.facts_faults import Fault, FaultKind, FaultLevel
from tests.unit.evaluation.builders import FAULT

KINDS = (FaultKind.NEGATE, FaultKind.DROP, FaultKind.RETURN)
FILES = [f"f{n}.py" for n in range(6)]
STOCKS = [Stock(path, level, 5) for path in FILES for level in FaultLevel]


def faults_of(path: str) -> list[Fault]:
    return [
        replace(
            FAULT, path=path, level=level, kind=kind, qualname=f"g{n}", line=n, start=n, end=n + 1,
            replacement=f"{level} {kind}",
        )
        for level in FaultLevel
        for kind in KINDS
        for n in range(10)
    ]  # fmt: skip


def draw(number: int, seed: int = 1, stocks: list[Stock] = STOCKS) -> tuple[Fault, ...]:
    return sample(stocks, number, seed, faults_of=faults_of, usable=lambda fault: fault.line != 3)


def test_the_same_seed_gives_the_same_faults_and_another_gives_others():
    assert draw(30) == draw(30, stocks=list(reversed(STOCKS)))
    assert draw(30) != draw(30, seed=2)


def test_a_longer_list_begins_with_the_shorter_one():
    assert draw(40)[:15] == draw(15)


def test_levels_files_and_kinds_all_have_their_share():
    found = draw(100)
    levels = Counter(fault.level for fault in found)
    assert levels == {level: 5 * SCHEDULE.count(level) for level in FaultLevel}
    assert levels[FaultLevel.MODULE] + levels[FaultLevel.CLASS] == 25
    assert {fault.path for fault in found} == set(FILES)
    kinds = Counter(fault.kind for fault in found)
    assert max(kinds.values()) - min(kinds.values()) <= 10


def test_no_fault_twice_and_none_that_is_unusable():
    found = draw(400)
    assert len(set(found)) == 400
    assert all(fault.line != 3 for fault in found)


def test_a_definition_is_broken_again_only_after_all_others():
    stocks = [Stock("f0.py", FaultLevel.FUNCTION, 10)]
    assert len({fault.qualname for fault in draw(9, stocks=stocks)}) == 9


def test_what_there_is_not_is_replaced_by_function_bodies():
    stocks = [Stock("f0.py", FaultLevel.FUNCTION, 5)]
    assert {fault.level for fault in draw(20, stocks=stocks)} == {FaultLevel.FUNCTION}


def test_only_the_named_definitions():
    stocks = [Stock("f0.py", FaultLevel.FUNCTION, 1, frozenset({"g7"}))]
    assert {fault.qualname for fault in draw(20, stocks=stocks)} == {"g7"}


def test_fewer_come_back_when_there_are_no_more():
    stocks = [Stock("f0.py", FaultLevel.FUNCTION, 1, frozenset({"g7"}))]
    assert len(draw(20, stocks=stocks)) == len(KINDS)
    assert draw(20, stocks=[]) == ()
