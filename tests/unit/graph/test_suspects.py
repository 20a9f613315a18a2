"""Fault localisation over recordings that are written down by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import pytest

from tdad.facts import Site
from tdad.graph.resolve import Resolver
from tdad.graph.suspects import FORMULAS, Clues, Suspect, spectrum, suspects
from tdad.graph.suspects.formulas import Counts
from tests.unit.graph.recording import Recording
from tests.unit.graph.text_project import TextFacts

SHOP = """\
    LIMIT = 10

    class Base:
        factor = 2

        def price(self):
            return 1

    class Item(Base):
        def total(self):
            return self.price() * self.factor

        def allowed(self):
            return self.total() < LIMIT

    def helper():
        return Item().total()

    def unrelated():
        return 5
"""


def rank(
    seen: Mapping[str, Sequence[int]], failing: Sequence[str], clues: Clues | None = None
) -> tuple[Suspect, ...]:
    facts = TextFacts(
        {
            "shop.py": SHOP,
            "test_a.py": "from shop import helper, unrelated\ndef test_x(): helper()\n",
        }
    )
    recording = Recording(facts, {name: {"shop.py": lines} for name, lines in seen.items()})
    return suspects(
        recording,  # type: ignore[arg-type]  # the part of the protocol that localisation reads
        Resolver(facts),
        frozenset(failing),
        is_test=lambda path: path.startswith("test_"),
        clues=clues,
    )


ALLOWED = [7, 11, 14]
SEEN = {
    "test_a.py::test_bad": ALLOWED,
    "test_a.py::test_total": [7, 11],
    "test_a.py::test_other": [20],
}


def names(found: Sequence[Suspect]) -> list[str]:
    return [each.definition.partition("::")[2] for each in found]


def test_what_only_failing_tests_execute_comes_first() -> None:
    found = rank(SEEN, ["test_a.py::test_bad"])
    assert names(found)[0] == "Item.allowed"
    assert found[0].line == 14
    assert "executed by 1 of 1 failing and 0 of 2 passing tests" in found[0].reasons[0]


def test_a_constant_is_suspected_through_who_reads_it_and_a_little_less() -> None:
    found = {each.definition: each for each in rank(SEEN, ["test_a.py::test_bad"])}
    limit = found["shop.py::LIMIT"]
    assert 0 < limit.suspicion < found["shop.py::Item.allowed"].suspicion
    assert limit.line == 1
    assert "used by Item.allowed" in limit.reasons[0]


def test_classes_of_suspicious_methods_and_class_attributes_are_suspects() -> None:
    found = {each.definition: each for each in rank(SEEN, ["test_a.py::test_bad"])}
    assert found["shop.py::Item"].suspicion > found["shop.py::Base"].suspicion > 0
    assert found["shop.py::Base.factor"].suspicion > 0


def test_a_function_that_suspicious_code_mentions_and_nobody_entered_is_a_suspect() -> None:
    seen = {"test_a.py::test_bad": [17], "test_a.py::test_other": [20]}
    found = {each.definition: each for each in rank(seen, ["test_a.py::test_bad"])}
    assert found["shop.py::Item.total"].suspicion > 0
    assert found["shop.py::Item.total"].suspicion < found["shop.py::helper"].suspicion


def test_code_that_no_failing_test_reaches_is_no_suspect() -> None:
    assert "unrelated" not in names(rank(SEEN, ["test_a.py::test_bad"]))


def test_tests_that_executed_nothing_accuse_what_they_mention() -> None:
    found = names(rank({"test_a.py::test_x": []}, ["test_a.py::test_x"]))
    assert "helper" in found


def test_the_traceback_the_message_and_recent_changes_move_a_suspect_up() -> None:
    seen = {"test_a.py::test_bad": ALLOWED}
    plain = names(rank(seen, ["test_a.py::test_bad"]))
    framed = Clues(frames={"test_a.py::test_bad": (Site("test_a.py", 2), Site("shop.py", 11))})
    recent = Clues(recent={"shop.py::Item.total": 1.0})
    worded = Clues(messages={"test_a.py::test_bad": "TypeError: Item.total() takes no arguments"})
    assert plain[0] != "Item.total"
    for clues in (framed, recent, worded):
        assert names(rank(seen, ["test_a.py::test_bad"], clues))[0] == "Item.total"


def test_the_order_is_the_same_for_the_same_input() -> None:
    assert rank(SEEN, ["test_a.py::test_bad"]) == rank(
        dict(reversed(SEEN.items())), ["test_a.py::test_bad"]
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ochiai", 2 / sqrt(2 * 5)), ("tarantula", 1 / (1 + 0.3)), ("dstar", 4 / 7)],
)
def test_formulas(name: str, expected: float) -> None:
    assert FORMULAS[name](Counts(2, 3, 2, 10)) == pytest.approx(expected)
    assert FORMULAS[name](Counts(0, 3, 2, 10)) == 0.0


def test_sets_of_tests_are_counted() -> None:
    facts = TextFacts({"shop.py": SHOP})
    recording = Recording(facts, {name: {"shop.py": lines} for name, lines in SEEN.items()})
    failing = frozenset({"test_a.py::test_bad"})
    seen = spectrum(recording, failing)  # type: ignore[arg-type]  # see above
    assert seen.counts(seen.lines["shop.py"][7]) == Counts(1, 1, 1, 2)
    assert 20 not in seen.lines["shop.py"], "no failing test executed it"


FLOW = """\
    import json

    class Command:
        def __init__(self, quiet):
            self.quiet = quiet

        def run(self):
            if self.quiet:
                return self.report()
            return 1

        def report(self):
            return json.dumps(1)

        def __repr__(self):
            return "Command"

    class Odd:
        def __init__(self):
            pass
"""
RUN = {
    "test_a.py::test_bad": {"flow.py": [5, 8, 9, 13, 16]},
    "test_a.py::test_good": {"flow.py": [5, 8, 10]},
}


def flow(
    clues: Clues | None = None, failing: Sequence[str] = ("test_a.py::test_bad",)
) -> dict[str, Suspect]:
    facts = TextFacts({"flow.py": FLOW, "test_a.py": "import flow\n"})
    found = suspects(
        Recording(facts, RUN),  # type: ignore[arg-type]  # see above
        Resolver(facts),
        frozenset(failing),
        is_test=lambda path: path.startswith("test_"),
        clues=clues,
    )
    return {each.definition.partition("::")[2]: each for each in found}


def test_who_sets_what_the_most_suspicious_line_reads_is_a_suspect() -> None:
    maker = flow()["Command.__init__"]
    assert "sets what Command.run reads" in maker.reasons
    assert maker.score > flow()["Command.__repr__"].score


def test_what_only_tells_the_failure_is_held_back() -> None:
    found = flow()
    assert found["Command.__repr__"].suspicion < found["Command.report"].suspicion == 1


def test_a_name_that_an_import_binds_is_hardly_a_suspect() -> None:
    found = flow()
    assert 0 < found["json"].suspicion < found["Command"].suspicion


def test_what_stands_on_the_line_that_failed_is_a_suspect() -> None:
    frames = {"test_a.py::test_bad": (Site("flow.py", 9),)}
    found = flow(Clues(frames=frames))
    assert "used on the line that failed" in found["Command.report"].reasons
    assert "in the traceback of 1 failing test" in found["Command.run"].reasons


def test_what_a_message_names_is_a_suspect_though_nothing_executed_it() -> None:
    assert "Odd" not in flow()
    messages = {"test_a.py::test_bad": "TypeError: Odd() takes no arguments\n + Command"}
    found = flow(Clues(messages=messages))
    assert "named in the failure message" in found["Odd"].reasons
    assert "named in the failure message" not in found["Command"].reasons, "only the first line"


def test_what_runs_the_head_of_a_function_is_the_module_or_class_around_it() -> None:
    frames = {"test_a.py::test_bad": (Site("flow.py", 4),)}
    found = flow(Clues(frames=frames))
    for name in ("Command.__init__", "Command"):
        assert "in the traceback of 1 failing test" in found[name].reasons


def test_what_all_failing_tests_execute_comes_before_what_some_do() -> None:
    seen = {
        "test_a.py::test_one": [11, 20],
        "test_a.py::test_two": [11],
        "test_a.py::test_good": [11],
    }
    found = rank(seen, ["test_a.py::test_one", "test_a.py::test_two"])
    assert names(found).index("Item.total") < names(found).index("unrelated")
