"""What is suspected though no test is seen to execute it: by mention, by inheritance, by import."""

from __future__ import annotations

from tdad.facts import Site
from tdad.graph.suspects import Clues
from tests.unit.graph.recording import ranked

KINDS = """\
class Kind:
    def describe(self):
        return self.name

class Pair(Kind):
    def describe(self):
        return super().describe()

    def name(self):
        return "pair"

class Single(Kind):
    def describe(self):
        return super().describe()

    def name(self):
        return "single"
"""
BAD, GOOD = "test_a.py::test_bad", "test_a.py::test_good"


def test_of_overrides_those_are_meant_whose_class_the_failing_tests_use() -> None:
    seen = {BAD: {"a.py": [3, 7]}, GOOD: {"a.py": [3, 14]}}
    found = ranked({"a.py": KINDS}, seen, [BAD])
    assert found["Pair.name"].suspicion > 0
    assert found["Pair.name"].failed == 1
    assert found["Single.name"].suspicion < found["Pair.name"].suspicion
    assert list(found).index("Pair.name") < list(found).index("Single.name")


CALLS = """\
def opened():
    yield 1

def other():
    return 2

def use():
    opened()
    return other
"""


def test_what_an_executed_line_calls_and_nobody_entered_comes_before_what_it_mentions() -> None:
    found = ranked({"a.py": CALLS}, {BAD: {"a.py": [8, 9]}}, [BAD])
    assert found["use"].suspicion > found["opened"].suspicion > found["other"].suspicion > 0


WRAPPED = """\
class Stream:
    pass

class Named(Stream):
    def __init__(self):
        super().__init__(1)

    def used(self):
        return 1

    def rare(self):
        return 2
"""


def test_a_call_through_super_that_fails_accuses_the_class_for_its_bases() -> None:
    seen = {BAD: {"a.py": [6]}, GOOD: {"b.py": [1]}}
    clues = Clues(frames={BAD: (Site("a.py", 6),)})
    plain = ranked({"a.py": WRAPPED}, seen, [BAD])
    found = ranked({"a.py": WRAPPED}, seen, [BAD], clues)
    assert found["Named"].suspicion == found["Named.__init__"].suspicion == 1.0
    assert plain["Named"].suspicion < 1.0


def test_a_class_is_no_more_suspicious_than_all_that_ran_of_it() -> None:
    passing: dict[str, dict[str, list[int]]] = {
        f"test_a.py::test_{n}": {"a.py": [9]} for n in range(24)
    }
    found = ranked({"a.py": WRAPPED}, {BAD: {"a.py": [9, 12]}, **passing}, [BAD])
    assert found["Named.rare"].suspicion == 1.0
    assert found["Named"].suspicion == 0.2, "1 of 25 that use it"


MADE = """\
def make():
    def made(x):
        return x
    return made

made = make()
"""


def test_what_the_import_of_a_test_file_ran_is_suspected_for_its_tests() -> None:
    seen = {BAD: {"b.py": [2]}, GOOD: {"b.py": [2]}, "test_b.py::test_c": {"b.py": [2]}}
    files = {"a.py": MADE, "b.py": "def f():\n    return 1\n"}
    whole = ranked(files, seen, [BAD], imports={"a.py": {"a.py": [1, 2, 4, 6]}})
    own = ranked(files, seen, [BAD], imports={"test_a.py": {"a.py": [2, 4]}})
    assert "make.made" not in whole, "its body did not run"
    assert 0 < whole["make"].suspicion < own["make"].suspicion
    assert "run by the import of test_a.py" in own["make"].reasons[0]


def test_names_like_those_on_the_failing_line_of_the_test_decide_between_equals() -> None:
    files = {
        "a.py": "def default_size():\n    return 1\n\ndef count():\n    return 2\n",
        "test_a.py": "def test_bad(x):\n    assert x.size == 3\n",
    }
    seen = {BAD: {"a.py": [2, 5]}}
    assert next(iter(ranked(files, seen, [BAD]))) == "count"
    found = ranked(files, seen, [BAD], Clues(frames={BAD: (Site("test_a.py", 2),)}))
    assert next(iter(found)) == "default_size"
