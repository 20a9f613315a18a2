"""Failure messages as evidence: what they name, what they miss, which exception ended the test."""

from __future__ import annotations

import pytest

from tdad.facts import Site
from tdad.graph.suspects import Clues
from tdad.graph.suspects.messages import said
from tests.unit.graph.recording import ranked

SHOP = """\
class Base:
    def __init__(self, size):
        self.size = size


class Cart(Base):
    def __init__(self, size):
        super().__init__(size)

    def total(self):
        return self.price * self.size


class Wagon:
    def total(self):
        return 1


class Empty(Base):
    pass
"""
BAD = "test_a.py::test_bad"
SEEN = {BAD: {"a.py": [3, 8, 11]}, "test_a.py::test_good": {"a.py": [3, 8, 15]}}


@pytest.mark.parametrize(
    ("message", "raised", "names"),
    [
        ("TypeError: Signer.sign() takes no arguments", "TypeError", {"Signer.sign"}),
        ("shop.errors.Closed: not open", "Closed", set()),
        ("Abort:", "Abort", set()),
        ("NameError: name 'total' is not defined", "NameError", {"total"}),
        ("ValueError: no value for max_size given", "ValueError", {"max_size"}),
        ("AssertionError: assert <Cart of 3> == 'one Two'", "AssertionError", {"Cart"}),
        ("Failed: DID NOT RAISE <class 'shop.errors.Closed'>", "Failed", set()),
        ("KeyError: 'a b'\n + Cart", "KeyError", set()),
        ("", "", set()),
    ],
)
def test_a_message_tells_the_exception_and_names_of_code_but_no_prose(
    message: str, raised: str, names: set[str]
) -> None:
    found = said(message)
    assert (found.raised, set(found.names)) == (raised, names)


def test_a_message_tells_which_class_misses_an_attribute_wherever_it_is_quoted() -> None:
    message = (
        "AssertionError: assert 1 == 0\n + <Result \"'Cart' object has no attribute 'price'\">"
    )
    assert said(message).lacking == {("Cart", "price")}
    assert said("AttributeError: type object 'Cart' has no attribute 'x'").lacking == {
        ("Cart", "x")
    }
    assert not said("TypeError: 'Cart' object is not callable").lacking


def test_a_missing_attribute_accuses_the_constructors_the_nearest_one_most() -> None:
    message = "AttributeError: 'Cart' object has no attribute 'price'"
    plain, found = (
        ranked({"a.py": SHOP}, SEEN, [BAD]),
        ranked({"a.py": SHOP}, SEEN, [BAD], Clues(messages={BAD: message})),
    )
    reason = "should have made what the failure message misses"
    assert reason in found["Cart.__init__"].reasons
    assert found["Cart.__init__"].score > plain["Cart.__init__"].score
    assert found["Cart.__init__"].score > found["Base.__init__"].score
    assert reason not in found["Cart.total"].reasons


def test_a_class_without_constructor_is_accused_itself() -> None:
    message = "AttributeError: 'Wagon' object has no attribute 'price'"
    found = ranked({"a.py": SHOP}, SEEN, [BAD], Clues(messages={BAD: message}))
    assert next(iter(found)) == "Wagon"


def test_a_qualified_name_means_one_definition_and_a_common_name_says_less() -> None:
    def named(name: str) -> list[str]:
        clues = Clues(messages={BAD: f"TypeError: {name}() takes no arguments"})
        found = ranked({"a.py": SHOP}, SEEN, [BAD], clues)
        return [each for each in found if "named in the failure message" in found[each].reasons]

    assert named("Cart.total") == ["Cart.total"]
    assert set(named("total")) == {"Cart.total", "Wagon.total"}
    assert named("__init__") == []
    both = ranked({"a.py": SHOP}, SEEN, [BAD], Clues(messages={BAD: "TypeError: total() is bad"}))
    one = ranked({"a.py": SHOP}, SEEN, [BAD], Clues(messages={BAD: "TypeError: Cart.total() is"}))
    assert one["Cart.total"].score > both["Cart.total"].score


ERRORS = """\
class Closed(Exception):
    def __init__(self, why):
        self.why = why


def told(why):
    return why.upper()


def enter(door):
    try:
        return use(door)
    except KeyError as error:
        raise Closed(told(str(error)))


def use(door):
    return door["open"]
"""
ENTERED = {BAD: {"a.py": [3, 7, 11, 12, 13, 14, 18]}, "test_a.py::test_good": {"a.py": [11, 12]}}


def test_the_exception_that_ended_the_test_and_what_handles_exceptions_are_held_back() -> None:
    frames = {BAD: (Site("a.py", 14),)}
    ended = Clues(messages={BAD: "a.Closed: OPEN"}, frames=frames)
    found = ranked({"a.py": ERRORS}, ENTERED, [BAD], ended)
    for name in ("told", "Closed.__init__"):
        assert "runs after the failure" in found[name].reasons
        assert found[name].score < found["use"].score
    assert "runs after the failure" not in found["use"].reasons


def test_an_exception_that_fails_itself_is_not_held_back() -> None:
    failed = Clues(messages={BAD: "AttributeError: 'Closed' object has no attribute 'x'"})
    found = ranked({"a.py": ERRORS}, ENTERED, [BAD], failed)
    assert "runs after the failure" not in found["Closed.__init__"].reasons


def test_handling_in_which_the_traceback_ends_is_not_held_back_nor_what_compares_values() -> None:
    inside = Clues(messages={BAD: "TypeError: bad"}, frames={BAD: (Site("a.py", 7),)})
    compared = Clues(messages={BAD: "AssertionError: assert 1 == 2"})
    for clues in (inside, compared):
        found = ranked({"a.py": ERRORS}, ENTERED, [BAD], clues)
        assert "runs after the failure" not in found["told"].reasons
