from __future__ import annotations

import pytest

from tdad.agent.chat.facts import Ending, Limits
from tdad.agent.chat.policy import RULES, Action, Remedy, after, decide
from tdad.agent.chat.trouble import Kind, Trouble, of_answer, words_of


def decisions(kind, count=8, *, answered=True, **fields):
    trouble = Trouble(kind, "", **fields)
    return [decide(trouble, before, Limits(), answered=answered).action for before in range(count)]


def test_every_kind_has_its_rule():
    assert set(RULES) == set(Kind)


def test_nothing_goes_on_for_ever():
    for kind in Kind:
        assert decisions(kind, 20)[-1] in {Action.STOP, Action.YIELD}


def test_pauses_double_and_end():
    trouble = Trouble(Kind.TRANSPORT, "")
    pauses = [decide(trouble, before, Limits(), answered=True).pause_s for before in range(4)]
    assert pauses == [0.5, 1.0, 2.0, 4.0]


def test_a_refused_connection_is_an_outage_only_after_an_answer():
    assert decisions(Kind.REFUSED, 1, answered=False) == [Action.STOP]
    assert decisions(Kind.REFUSED, 1) == [Action.AWAIT]


def test_what_the_model_wrote_is_never_repeated_blindly():
    assert decisions(Kind.PARSE, 3) == [Action.WARMER, Action.YIELD, Action.YIELD]
    assert decisions(Kind.TEMPLATE, 1) == [Action.STOP]


@pytest.mark.parametrize("ending", sorted(set(Ending) - {Ending.CALLS}))
def test_three_bad_turns_end_the_attempt(ending):
    assert after(ending, 2) is Remedy.END
    assert after(ending, 1) is Remedy.FORMAT


def test_a_turn_with_calls_is_run():
    assert after(Ending.CALLS, 2) is Remedy.RUN


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, {"error": {"message": "Failed to parse input at pos 3"}}, Kind.PARSE),
        (
            500,
            {"error": {"message": "Failed to parse tools: Missing tool function"}},
            Kind.CAPABILITY,
        ),
        (500, "Internal Server Error", Kind.TRANSPORT),
        (502, "<html><title>Bad Gateway</title></html>", Kind.TRANSPORT),
        (503, {"error": {"message": "Loading model"}}, Kind.LOADING),
        (429, {"error": "slow down"}, Kind.RATE),
        (404, {"detail": "Not Found"}, Kind.ADDRESS),
        (404, {"error": {"message": "model 'x' not found"}}, Kind.MODEL),
        (401, {"error": "Unauthorized"}, Kind.KEY),
        (400, {"error": {"message": "something new"}}, Kind.REJECTED),
        (None, {"message": "boom"}, Kind.PARSE),
        (200, {"error": "boom"}, Kind.PARSE),
        (
            None,
            {"message": "EngineCore died", "type": "InternalServerError", "code": 500},
            Kind.TRANSPORT,
        ),
        (200, {"error": {"message": "slow down", "code": 429}}, Kind.RATE),
        (None, {"message": "Failed to parse input at pos 0", "code": 500}, Kind.PARSE),
        (200, {"error": {"type": "exceed_context_size_error", "message": "x"}}, Kind.OVERFLOW),
        (413, "too large", Kind.OVERFLOW),
    ],
)
def test_kinds(status, body, kind):
    assert of_answer(status, body).kind is kind


@pytest.mark.parametrize(
    ("message", "context"),
    [
        (
            "request (6025 tokens) exceeds the available context size (4096 tokens), try increasing it",
            4096,
        ),
        (
            "This model's maximum context length is 16384 tokens. However, you requested 19591 tokens",
            16384,
        ),
        (
            "The input (61709 tokens) is longer than the model's context length (40960 tokens).",
            40960,
        ),
        ("exceeds the model's maximum context length of 64000 tokens. You requested", 64000),
        ("(n_keep: 13055>= n_ctx: 4096). Try to load", 4096),
        ("the rendered prompt is 6010 tokens; the model context is 4096", 4096),
        ("max_tokens=1000000 cannot be greater than max_model_len=4096.", 4096),
        ("prompt is too long", None),
    ],
)
def test_the_context_that_an_overflow_names(message, context):
    trouble = of_answer(400, {"error": message})
    assert (trouble.kind, trouble.context) == (Kind.OVERFLOW, context)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "a\n  b"}}, "a b"),
        ({"error": "a"}, "a"),
        ({"detail": [{"msg": "x"}]}, '[{"msg": "x"}]'),
        ({"message": "m"}, "m"),
        ({"error": None, "x": 1}, '{"error": null, "x": 1}'),
        ("<html><title> 502\nBad </title>", "502 Bad"),
        (None, ""),
        ("x" * 5_000, "x" * 599 + "…"),
    ],
)
def test_what_a_body_says(body, words):
    assert words_of(body) == words
