"""Failure modes 1 to 22: an answer with status 200, and something wrong in it.

The numbers are those of the table in docs/explanation/model-failures.md. Each is played by a real server, streamed
and in one piece where that makes a difference.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tdad.agent.chat import Ending, Limits, Sampling
from tdad.agent.chat.facts import result
from tdad.agent.chat.policy import Remedy, after
from tdad.errors import ServerBadAnswer
from tests.client.talk import kinds
from tests.servers.answers import Body, Says, Stream
from tests.servers.dialects import LLAMA_CPP, LM_STUDIO, MLX, OLLAMA, SGLANG, VLLM

QWEN = "<tool_call>\n<function=read>\n<parameter=path>\nsrc/a.py\n</parameter>\n</function>\n</tool_call>"
CALL = ("read", {"path": "src/a.py"})


@pytest.fixture(params=[True, False], ids=["streamed", "whole"])
def stream(request):
    return request.param


def calls(reply):
    return [(call.name, dict(call.arguments)) for call in reply.runnable]


@pytest.mark.parametrize("dialect", [VLLM, SGLANG, LLAMA_CPP, OLLAMA, LM_STUDIO, MLX])
def test_00_a_good_turn_and_its_replay(talk, dialect, stream):
    says = Says("I look.", "Maybe a.py.", [CALL])
    it = talk([says, Says("Done.")], dialect=dialect, stream=stream)
    first = it.turn()
    assert (first.ending, calls(first), first.events) == (Ending.CALLS, [CALL], ())
    assert first.message.text == "I look."
    assert first.message.reasoning == "Maybe a.py."
    it.messages += (result(first.message.calls[0], "1: x = 1"),)
    assert it.turn().ending is Ending.TEXT
    _, _, assistant, tool = it.sent[1]["messages"]
    assert assistant[dialect.reasoning] == "Maybe a.py."
    assert assistant["tool_calls"][0]["id"] == tool["tool_call_id"]
    assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == CALL[1]
    assert len({message["role"] for message in it.sent[1]["messages"]}) == 4


def test_01_a_call_left_in_the_content(talk, stream):
    reply = talk([Says(f"I look.\n\n{QWEN}")], stream=stream).turn()
    assert calls(reply) == [CALL]
    assert reply.message.text == "I look."
    assert kinds(reply.events) == ["salvage"]


def test_02_the_opening_tag_is_missing(talk):
    text = QWEN.removeprefix("<tool_call>\n")
    assert calls(talk([Says(text)], dialect=OLLAMA).turn()) == [CALL]


def test_03_a_call_at_the_end_of_the_thoughts(talk, stream):
    reply = talk([Says("", f"Let me see.\n{QWEN}")], dialect=LM_STUDIO, stream=stream).turn()
    assert calls(reply) == [CALL]
    assert reply.message.reasoning == "Let me see."


def test_03_a_call_in_the_middle_of_the_thoughts_is_none(talk):
    thought = f"I could do {QWEN} but that would be wrong."
    it = talk([Says("", thought), Says("", thought)], dialect=LM_STUDIO)
    reply = it.turn()
    assert (reply.ending, reply.message) == (Ending.EMPTY, None)
    assert len(it.sent) == 2


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_04_thoughts_only_are_asked_for_again_then_nudged(talk, stream, text):
    it = talk(
        [Says(text, "Hm."), Says(text, "Hm."), Says(text, "Hm."), Says(text, "Hm.")], stream=stream
    )
    reply = it.turn()
    assert (reply.ending, kinds(reply.events)) == (Ending.EMPTY, ["retry"])
    assert it.sent[0] == it.sent[1]  # the empty turn was not appended
    assert "Call a tool" in reply.feedback
    assert after(reply.ending, 0) is Remedy.NUDGE
    assert after(it.turn().ending, 1) is Remedy.FORMAT
    assert after(reply.ending, 2) is Remedy.END


def test_04_with_a_seed_the_second_attempt_has_another(talk):
    it = talk([Says("", "Hm."), Says(calls=[CALL])])
    it.sampling = Sampling(seed=1)
    it.turn()
    assert [sent["seed"] for sent in it.sent] == [1, 1_001]


def test_04_the_second_answer_counts(talk):
    reply = talk(
        [Says("", "Hm.", prompt_tokens=900), Says(calls=[CALL], prompt_tokens=900)]
    ).turn()
    assert calls(reply) == [CALL]
    assert reply.spent > 1_800 > reply.usage.total  # both are paid for


def test_05_a_promise_is_no_end(talk):
    reply = talk([Says("\n\nNow let me write the full implementation.")]).turn()
    assert reply.ending is Ending.TEXT
    assert "called no tool" in reply.feedback
    assert after(reply.ending, 0) is Remedy.NUDGE


def test_06_calls_are_promised_by_finish_reason_only(talk, stream):
    it = talk([Says("", "Hm.", finish="tool_calls"), Says(calls=[CALL])], stream=stream)
    assert calls(it.turn()) == [CALL]


def test_06_an_empty_list_of_calls_beside_text_is_no_call(talk):
    it = talk([Says("All tests pass.")], dialect=LM_STUDIO, stream=False)
    assert it.turn().ending is Ending.TEXT


def test_07_calls_count_whatever_finish_reason_says(talk):
    delta = {
        "tool_calls": [{"id": "a", "function": {"name": "read", "arguments": '{"path": "b"}'}}]
    }
    event = {"choices": [{"delta": delta, "finish_reason": "stop"}]}  # no index anywhere
    assert calls(talk([Stream([event])], dialect=MLX).turn()) == [("read", {"path": "b"})]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"path": "a.py"}, {"path": "a.py"}),
        (None, None),
        ("", None),
        ('"{\\"path\\": \\"a.py\\"}"', {"path": "a.py"}),
    ],
)
def test_08_arguments_as_an_object_or_nothing(talk, stream, given, expected):
    call = {"function": {"name": "read", "arguments": given}}  # neither id nor type
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    place = "delta" if stream else "message"
    body = {"choices": [{"index": 0, place: message, "finish_reason": "tool_calls"}]}
    reply = talk([Stream([body]) if stream else Body(body)], stream=stream).turn()
    (made,) = reply.message.calls
    assert made.id.startswith("call_")
    if expected is None:
        assert made.problem == "Not run: read needs path; send the whole call again."
    else:
        assert (dict(made.arguments), made.problem) == (expected, "")


def test_09_the_opening_brace_is_missing(talk, stream):
    reply = talk([Says(calls=[("read", '"path": "a.py"}')])], stream=stream).turn()
    assert calls(reply) == [("read", {"path": "a.py"})]
    assert reply.events[-1].detail == "read: opening brace added"


def test_10_braces_too_many(talk, stream):
    reply = talk([Says(calls=[("read", '{"path": "a.py"}}')])], stream=stream).turn()
    assert calls(reply) == [("read", {"path": "a.py"})]


def test_10_anything_else_behind_the_object_is_refused(talk):
    bad = Says(calls=[("read", '{"path": "a.py"} rm')])
    it = talk([bad, bad])
    reply = it.turn()
    assert (reply.ending, calls(reply)) == (Ending.MALFORMED, [])
    assert [sent.get("stream", False) for sent in it.sent] == [True, False]


@pytest.mark.parametrize("given", ["{}", '{"path": "a.py", "old": "x"}'])
def test_11_a_lost_value_is_named(talk, given):
    reply = talk([Says(calls=[("edit", given)])]).turn()
    assert reply.ending is Ending.MALFORMED
    assert "new; send the whole call again" in reply.message.calls[0].problem
    assert after(reply.ending, 0) is Remedy.FORMAT


def test_12_a_tag_in_a_parameter_name_stops_the_call(talk):
    given = {"path": "a.py", "x\n</parameter": "y"}
    (call,) = talk([Says(calls=[("read", given)])]).turn().message.calls
    assert "garbled" in call.problem


def test_12_a_tag_behind_the_name_is_cut_off(talk):
    reply = talk([Says(calls=[("read </parameter", {"path": "a.py"})])]).turn()
    assert calls(reply) == [("read", {"path": "a.py"})]


def test_13_a_cut_call_is_neither_repaired_nor_run(talk, stream):
    cut = Says(calls=[("edit", '{"path":"a.py","old":"def f(')], finish="length")
    it = talk([cut], stream=stream)
    reply = it.turn()
    assert (reply.ending, calls(reply)) == (Ending.CUT, [])
    assert "cut at 16384 tokens" in reply.message.calls[0].problem
    assert len(it.sent) == 1


def test_13_of_several_calls_none_runs_when_one_is_cut(talk):
    cut = Says(calls=[CALL, ("edit", '{"path":"a.py","old":"def f(')], finish="length")
    assert calls(talk([cut]).turn()) == []


def test_14_a_cut_call_does_not_poison_the_history(talk):
    cut = Says(calls=[("edit", '{"path":"a.py","old":"def f(')], finish="length")
    it = talk([cut, Says("Sorry.")])
    it.turn()
    it.turn()
    _, _, assistant, tool = it.sent[1]["messages"]
    arguments = json.loads(assistant["tool_calls"][0]["function"]["arguments"])
    assert arguments["_malformed"] is True
    assert "cut at" in tool["content"]  # answered although the loop did not


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "read", "arguments": {"path": "src/a.py"}}</tool_call>',
        '<function_invocation>{"name": "read", "arguments": {"path": "src/a.py"}}</function_invocation>',
        '<invoke name="read"><parameter name="path">src/a.py</parameter></invoke>',
        'I read it:\n```json\n{"name": "read", "arguments": {"path": "src/a.py"}}\n```',
        '<tool_call>\n{"name": "read", "arguments": "{\\"path\\": \\"src/a.py\\"}"}',
    ],
)
def test_15_other_ways_to_write_a_call(talk, text):
    assert calls(talk([Says(text)]).turn()) == [CALL]


@pytest.mark.parametrize(
    "text", ["[Tool call: read(path=a.py)]", "<tool_call>\n<function=read>\n<parameter=path>\na"]
)
def test_15_drift_is_a_format_error(talk, text):
    reply = talk([Says(text)]).turn()
    assert (reply.ending, reply.message.text) == (Ending.MALFORMED, text)
    assert "is not written as one" in reply.feedback


def test_15_an_example_in_a_fence_is_no_call(talk):
    text = f"You would write\n```xml\n{QWEN}\n```\nbut not yet."
    assert talk([Says(text)]).turn().ending is Ending.TEXT


def test_16_several_calls_duplicate_ids_and_unknown_tools(talk):
    def call(name, arguments):
        return {
            "id": "same",
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }

    path = '{"path": "a.py"}'
    made = [
        call("read", path),
        call("functions.Read", path),
        call("deploy", "{}"),
        call("cat", path),
    ]
    message = {"role": "assistant", "content": "", "tool_calls": made}
    body = Body({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})
    it = talk([body, Says("Done.")], stream=False)
    reply = it.turn()
    assert [call.name for call in reply.message.calls] == ["read", "read", "deploy", "read"]
    assert len({call.id for call in reply.message.calls}) == 4
    assert reply.message.calls[2].problem == "There is no tool deploy. The tools are: read, edit."
    assert len(reply.runnable) == 3
    it.turn()
    answers = [each for each in it.sent[1]["messages"] if each["role"] == "tool"]
    assert [each["tool_call_id"] for each in answers] == [call.id for call in reply.message.calls]


def test_16_ids_are_unique_in_the_whole_conversation(talk):
    it = talk([Says(calls=[CALL]), Says(calls=[CALL]), Says("Done.")], dialect=LM_STUDIO)
    ids = [it.turn().message.calls[0].id for _ in range(2)]
    assert ids[0] == "000000000"
    assert ids[1] != ids[0]


def test_17_values_of_the_wrong_type(talk):
    given = {"path": "\na.py\n", "start": "12", "tags": '["x", "y"]'}
    assert calls(talk([Says(calls=[("read", given)])]).turn()) == [
        ("read", {"path": "a.py", "start": 12, "tags": ["x", "y"]})
    ]
    assert calls(talk([Says(calls=[("read", {"path": "a", "start": "None"})])]).turn()) == [
        ("read", {"path": "a"})
    ]
    (call,) = talk([Says(calls=[("read", {"path": "a", "start": "soon"})])]).turn().message.calls
    assert call.problem == "Not run: start must be integer, not string."


def test_17_newlines_around_an_edited_text_are_its_own(talk):
    given = {"path": "a.py", "old": "\nx = 1\n", "new": "\nx = 2\n"}
    assert calls(talk([Says(calls=[("edit", given)])]).turn()) == [("edit", given)]


def test_18_repetition_is_broken_off_and_tried_without_thinking(talk):
    sentence = "But wait, the constant might be defined in another module. "
    it = talk([Says("", sentence * 251), Says(calls=[CALL])])
    reply = it.turn()
    assert calls(reply) == [CALL]
    thinking = [sent["chat_template_kwargs"]["enable_thinking"] for sent in it.sent]
    assert thinking == [True, False]


def test_18_endless_thinking_ends_the_turn_the_second_time(talk):
    thoughts = "".join(f"Perhaps line {n} of the file is wrong. " for n in range(2_000))
    it = talk([Says("", thoughts), Says("", thoughts)], dialect=replace(OLLAMA, pieces=400))
    reply = it.turn()
    assert (reply.ending, reply.message) == (Ending.RUNAWAY, None)
    assert it.sent[1]["reasoning_effort"] == "none"
    assert after(reply.ending, 0) is Remedy.FORMAT


def test_18_where_thinking_cannot_be_switched_off_sampling_is_warmer(talk):
    it = talk([Says("la " * 600), Says(calls=[CALL])], dialect=LM_STUDIO)
    it.turn()
    assert [sent["temperature"] for sent in it.sent] == [0.6, 0.7]


def test_19_thoughts_in_the_content(talk):
    reply = talk(
        [Says(f"{QWEN.replace('a.py', 'b.py')} or not?</think>\n\nI look.\n{QWEN}")]
    ).turn()
    assert calls(reply) == [CALL]
    assert reply.message.text == "I look."
    assert "or not?" in reply.message.reasoning


def test_19_a_truncated_thought_is_no_text(talk):
    it = talk([Says("<think>\nHm", finish="length")])
    reply = it.turn()
    assert (reply.ending, reply.message.text, reply.message.reasoning) == (Ending.CUT, "", "Hm")
    assert "cut at" in reply.feedback


@pytest.mark.parametrize(
    "said",
    [
        "XML syntax error on line 7: expected element name after \\u003c",
        "element <parameter> closed by </function>",
        "something else",
    ],
)
def test_20_an_error_with_status_200_is_the_models(talk, stream, said):
    it = talk([Body({"error": said}), Says(calls=[CALL])], dialect=OLLAMA, stream=False)
    assert calls(it.turn()) == [CALL]
    assert [sent["temperature"] for sent in it.sent] == [0.6, 0.7]
    again = talk([Body({"error": said})] * 2, dialect=OLLAMA, stream=False)
    reply = again.turn()
    assert (reply.ending, reply.message, len(again.sent)) == (Ending.UNPARSED, None, 2)
    assert said[:20] in reply.feedback


@pytest.mark.parametrize(
    "body",
    [
        {"choices": []},
        {"choices": None},
        {"choices": [{"index": 0, "message": None}]},
        "<html><title>It works!</title></html>",
        "",
        '{"choices": [{"index": 0, "mess',
        "[1, 2]",
        "null",
    ],
    ids=["no choices", "null", "no message", "HTML", "empty", "cut", "list", "JSON null"],
)
def test_21_answers_that_are_none(talk, stream, body):
    html = {"Content-Type": "text/html"} if isinstance(body, str) and "<" in body else {}
    it = talk([Body(body, headers=html)] * 4, stream=stream)
    with pytest.raises(ServerBadAnswer, match=r"gives no usable answer .*tdad doctor --base-url"):
        it.turn()
    assert len(it.sent) in {3, 4}
    it = talk([Body(body, headers=html), Says(calls=[CALL])], stream=stream)
    assert calls(it.turn()) == [CALL]


def test_22_content_in_parts_and_unknown_ends(talk, stream):
    parts = [{"type": "text", "text": "I "}, {"type": "text", "text": "look."}, {"type": "image"}]
    place = "delta" if stream else "message"
    body = {"choices": [{"index": 0, place: {"content": parts}, "finish_reason": "repetition"}]}
    reply = talk([Stream([body]) if stream else Body(body)], stream=stream).turn()
    assert (reply.ending, reply.message.text, reply.finish) == (
        Ending.TEXT,
        "I look.",
        "repetition",
    )


def test_the_limit_on_thoughts_can_be_raised(talk):
    thoughts = "".join(f"Perhaps line {n} of the file is wrong. " for n in range(1_000))
    dialect = replace(VLLM, pieces=400)
    it = talk([Says("", thoughts, [CALL])], dialect=dialect, limits=Limits(thought_chars=100_000))
    it.sampling = Sampling(thinking=True)
    assert calls(it.turn()) == [CALL]
