"""The order of the tests at risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from tdad.facts import (
    Change,
    ChangeKind,
    Evidence,
    Owner,
    OwnerKind,
    Part,
    Recorded,
    Status,
    TestRecord,
)
from tdad.graph.impacts.trails import Trail
from tdad.graph.rank import ASIDE, BASE, Ranking, score
from tests.unit.graph.text_project import TextFacts

CHANGE = Change("shop/cart.py", "Cart.total", ChangeKind.EDITED, Part.BODY)


@dataclass
class Told:
    """A recording of which only what the ranking asks is there."""

    tests: Mapping[str, TestRecord]
    wide: Mapping[str, int] = field(default_factory=dict)
    in_file: Mapping[str, int] = field(default_factory=dict)

    def breadth(self, node_id: str) -> int:
        return self.wide.get(node_id, 10)

    def versions(self, path: str) -> tuple[str, ...]:
        return ("", "d1") if path == CHANGE.path else ()

    def entered(self, path: str, digest: str) -> Mapping[Owner, frozenset[int]]:
        assert digest == "d1"
        return {
            Owner(OwnerKind.TEST, name): frozenset(range(count))
            for name, count in self.in_file.items()
        }

    def inheritors(self, owner: Owner) -> tuple[str, ...]:
        return (owner.name,)


def told(
    *node_ids: str, recent: Mapping[str, tuple[Status, ...]] = {}, **more: object
) -> Recorded:
    tests = {
        name: TestRecord(
            name, name.partition("::")[0], name, (), Status.PASSED, 0.01, recent.get(name, ())
        )
        for name in node_ids
    }
    return cast("Recorded", Told(tests, **more))  # type: ignore[arg-type] # the fields above


def order(
    recorded: Recorded, evidence: Mapping[str, Evidence] = {}, files: Mapping[str, str] = {}
) -> list[str]:
    trails = {
        name: Trail(CHANGE, evidence.get(name, Evidence.OBSERVED)) for name in recorded.tests
    }
    scores = Ranking(recorded, TextFacts(dict(files))).scores(trails)
    return sorted(scores, key=lambda name: (-scores[name], name))


def test_no_number_lifts_weaker_evidence_over_stronger() -> None:
    floors = sorted(BASE.values(), reverse=True)
    for evidence in Evidence:
        low, high = score(evidence, -1e3), score(evidence, 1e3)
        assert low < high
        assert all(low >= floor or high <= floor for floor in floors)
    assert score(Evidence.OBSERVED, -1e3) >= ASIDE >= score(Evidence.DERIVED, 1e3)


def test_a_test_that_names_what_changed_comes_first() -> None:
    assert order(told("t/test_x.py::test_other", "t/test_x.py::test_total"))[0].endswith("total")


def test_a_test_in_the_file_named_alike_comes_first() -> None:
    assert (
        order(told("t/test_a.py::test_it", "t/test_cart.py::test_it"))[0]
        == "t/test_cart.py::test_it"
    )


def test_who_does_little_else_comes_first() -> None:
    names = ("t/test_a.py::test_wide", "t/test_a.py::test_slim")
    assert order(told(*names, wide={names[0]: 400, names[1]: 3}))[0] == names[1]


def test_who_stays_in_the_changed_file_comes_first() -> None:
    names = ("t/test_a.py::test_away", "t/test_a.py::test_here")
    assert order(told(*names, in_file={names[0]: 1, names[1]: 9}))[0] == names[1]


def test_whose_code_has_words_of_the_change_comes_first() -> None:
    names = ("t/test_a.py::test_one", "t/test_a.py::test_two")
    files = {
        "shop/cart.py": "class Cart:\n    def total(self): return self.discount(self.items)\n",
        "t/test_a.py": "def test_one(): assert page() == 1\ndef test_two(): assert page(discount=1).items\n",
    }
    assert order(told(*names), files=files)[0] == names[1]


def test_who_failed_lately_comes_first() -> None:
    names = ("t/test_a.py::test_a", "t/test_a.py::test_b")
    failed = {names[1]: (Status.PASSED, Status.FAILED, Status.FAILED)}
    assert order(told(*names, recent=failed))[0] == names[1]


def test_cases_of_one_function_give_way_to_another_that_is_nearly_as_likely() -> None:
    cases = [f"t/test_a.py::test_one[{n}]" for n in range(8)]
    other = "t/test_a.py::test_two"
    found = order(told(*cases, other, wide={other: 12}))
    assert found.index(other) == 1
    assert [name for name in found if name != other] == cases


def test_but_not_to_one_that_is_much_less_likely() -> None:
    cases = [f"t/test_cart.py::test_total[{n}]" for n in range(3)]
    other = "t/test_a.py::test_two"
    assert order(told(*cases, other, wide={other: 900}))[-1] == other
