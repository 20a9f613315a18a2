"""Failure modes 39 to 45: streams and connections."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tdad.agent.chat import Ending
from tdad.errors import ModelTooSlow, ServerBadAnswer, ServerUnreachable
from tests.client.talk import QUICK, kinds
from tests.servers.answers import Body, Drop, Says, Stream
from tests.servers.dialects import LLAMA_CPP, MLX, OLLAMA, VLLM

CALL = ("read", {"path": "a.py"})
GOOD = Says(calls=[CALL])


def event(finish=None, **delta):
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def piece(name=None, arguments=None, **fields):
    function = {"name": name, "arguments": arguments}
    function = {key: value for key, value in function.items() if value is not None}
    return event(tool_calls=[{**fields, "function": function}])


END = event("tool_calls")
DELTAS = {
    "no index": [piece("read", "", id="a"), piece(None, '{"path"'), piece(None, ': "a.py"}'), END],
    "index null": [
        piece("read", "", id="a", index=None),
        piece(None, '{"path": "a.py"}', index=None),
        END,
    ],
    "id late": [
        piece("read", '{"path"', index=0),
        piece(None, ': "a.py"}', index=0, id="a"),
        END,
    ],
    "name in pieces": [
        piece("re", None, index=0, id="a"),
        piece("ad", None, index=0),
        piece(None, '{"path": "a.py"}', index=0),
        END,
    ],
    "name every time": [
        piece("read", '{"path', index=0, id="a"),
        piece("read", '": "a.', index=0, id="a"),
        piece("read", 'py"}', index=0, id="a"),
        END,
    ],
    "name every time without id": [
        piece("read", '{"path', index=0),
        piece("read", '": "a.py"}', index=0),
        END,
    ],
    "another id every time": [
        piece("read", '{"path', index=0, id="a"),
        piece(None, '": "a.py"}', index=0, id="b"),
        END,
    ],
    "an object": [piece("read", {"path": "a.py"}, index=0, id="a"), END],
    "all at once": [
        event(
            "tool_calls",
            tool_calls=[{"function": {"name": "read", "arguments": '{"path": "a.py"}'}}],
        )
    ],
}


@pytest.mark.parametrize("events", DELTAS.values(), ids=DELTAS)
def test_39_pieces_of_one_call(talk, events):
    reply = talk([Stream(events)]).turn()
    assert [(call.name, dict(call.arguments)) for call in reply.message.calls] == [CALL]


TWO = {
    "both at index 0": [
        piece("read", '{"path": "a.py"}', index=0, id="a"),
        piece("read", '{"path": "b.py"}', index=0, id="b"),
        END,
    ],
    "both at index 0 without ids": [
        piece("read", '{"path": "a.py"}', index=0),
        piece("read", '{"path": ', index=0),
        piece(None, '"b.py"}', index=0),
        END,
    ],
    "mixed up": [
        piece("read", '{"path": ', index=0, id="a"),
        piece("read", '{"path": ', index=1, id="b"),
        piece(None, '"a.py"}', index=0),
        piece(None, '"b.py"}', index=1),
        END,
    ],
    "by id only": [
        piece("read", '{"path": ', id="a"),
        piece("read", '{"path": ', id="b"),
        piece(None, '"a.py"}', id="a"),
        piece(None, '"b.py"}', id="b"),
        END,
    ],
}


@pytest.mark.parametrize("events", TWO.values(), ids=TWO)
def test_39_pieces_of_two_calls(talk, events):
    reply = talk([Stream(events)]).turn()
    assert [call.arguments["path"] for call in reply.runnable] == ["a.py", "b.py"]


@pytest.mark.parametrize("ending", [[], [END], [event("stop")]], ids=["no end", "calls", "stop"])
def test_40_a_call_that_is_not_complete_is_asked_for_without_streaming(talk, ending):
    cut = Stream([piece("read", '{"path": "a', index=0, id="a"), *ending], done=bool(ending))
    it = talk([cut, GOOD, GOOD])
    assert it.turn().ending is Ending.CALLS
    it.turn()
    assert [bool(sent.get("stream")) for sent in it.sent] == [True, False, False]
    assert it.client.capabilities.stream is False


def test_40_a_stream_that_ends_after_words_was_whole(talk):
    reply = talk([Stream([event(content="All tests pass.")], done=False)]).turn()
    assert (reply.ending, reply.finish) == (Ending.TEXT, "")


@pytest.mark.parametrize(
    "last",
    [
        {"error": {"message": "element <parameter> closed by </function>"}},
        {"error": "XML syntax error on line 7"},
    ],
    ids=["object", "text"],
)
def test_41_an_error_in_the_stream(talk, last):
    it = talk([Stream([event(content="I "), last]), GOOD], dialect=OLLAMA)
    reply = it.turn()
    assert (reply.ending, kinds(reply.events)) == (Ending.CALLS, ["retry"])
    assert it.sent[1]["temperature"] == 0.7


def test_41_an_overflow_in_the_stream(talk):
    said = {"error": {"message": "exceeds the available context size", "n_ctx": 8192, "code": 400}}
    it = talk([Stream([event(role="assistant"), said]), GOOD], dialect=LLAMA_CPP)
    it.turn()
    assert it.client.capabilities.context == 8_192


def test_41_an_event_that_is_no_json(talk):
    it = talk([Stream([event(content="I "), 'data: {"choices": [{"ind']), GOOD])
    assert it.turn().ending is Ending.CALLS
    assert [bool(sent.get("stream")) for sent in it.sent] == [True, False]


@pytest.mark.parametrize(
    "nothing",
    [
        Stream([]),
        Stream([], done=False),
        Body("<html>It works!</html>", headers={"Content-Type": "text/html"}),
        Stream([{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 0}}]),
    ],
    ids=["done only", "nothing", "HTML", "usage only"],
)
def test_41_a_stream_of_nothing_is_no_turn(talk, nothing):
    it = talk([nothing, GOOD])
    assert it.turn().ending is Ending.CALLS
    with pytest.raises(ServerBadAnswer):
        talk([nothing, *[Body("")] * 3]).turn()


def test_42_silence_in_the_middle(talk):
    silent = Stream([event(content="I "), event(content="look ")], hold=True)
    it = talk([silent, GOOD], limits=replace(QUICK, idle_s=0.3))
    reply = it.turn()
    assert (reply.ending, kinds(reply.events)) == (Ending.CALLS, ["retry"])
    with pytest.raises(ModelTooSlow, match="nothing came for"):
        talk([silent] * 3, limits=replace(QUICK, idle_s=0.3)).turn()


def test_42_comments_are_not_words(talk):
    alive = Stream([event(content="I ")], comments_s=0.05)
    with pytest.raises(ModelTooSlow, match="nothing came for"):
        talk([alive] * 3, dialect=LLAMA_CPP, limits=replace(QUICK, idle_s=0.3)).turn()


def test_42_a_long_prompt_may_take_its_time(talk):
    slow = Stream([event(content="Hi"), event("stop")], pause_s=0.5)
    assert talk([slow], limits=replace(QUICK, idle_s=0.7)).turn().ending is Ending.TEXT
    late = Stream([event("stop", content="Hi")], pause_s=0.6)
    assert talk([late], limits=replace(QUICK, idle_s=0.3)).turn().ending is Ending.TEXT


def test_41_a_stream_of_nothing_for_an_overflow_is_not_held_against_streams(talk):
    too_long = {"error": {"message": "This model's maximum context length is 8192 tokens."}}
    it = talk([Stream([]), Body(too_long, 400), GOOD])
    assert it.turn().ending is Ending.CALLS
    assert [bool(sent.get("stream")) for sent in it.sent] == [True, False, True]
    assert it.client.capabilities.stream


@pytest.mark.parametrize("dialect", [VLLM, LLAMA_CPP])
def test_43_a_drip_has_a_deadline(talk, dialect):
    drip = Stream([event(content="x")] * 100, pause_s=0.1)
    start = time.monotonic()
    with pytest.raises(ModelTooSlow, match=r"no end of the answer within 0\.6 s"):
        talk([drip], dialect=dialect, limits=replace(QUICK, call_s=0.6)).turn()
    assert time.monotonic() - start < 2.5


def test_43_so_has_an_answer_in_one_piece(talk):
    limits = replace(QUICK, call_s=0.4)
    with pytest.raises(ModelTooSlow):
        talk([Body({}, pause_s=5)], stream=False, limits=limits).turn()


def test_43_usage_that_never_comes_is_not_waited_for(talk, monkeypatch):
    monkeypatch.setattr("tdad.agent.client.transport._AFTER_FINISH_S", 0.2)
    whole = Stream([event(content="Hi"), event("stop")], hold=True)
    reply = talk([whole]).turn()
    assert (reply.ending, reply.usage.estimated) == (Ending.TEXT, True)


def test_44_a_drop_in_the_middle_is_sent_again(talk):
    it = talk([Stream([event(content="I ")], drop=True), GOOD])
    reply = it.turn()
    assert (reply.ending, kinds(reply.events)) == (Ending.CALLS, ["wait"])
    assert it.sent[0]["messages"] == it.sent[1]["messages"]


def test_44_a_drop_before_the_answer_too(talk):
    it = talk([Drop(), GOOD], dialect=MLX)
    assert it.turn().ending is Ending.CALLS


def test_44_dropped_again_and_again_is_the_end(talk):
    it = talk([Drop()] * 9, dialect=MLX)
    with pytest.raises(ServerUnreachable, match="no answer from") as caught:
        it.turn()
    assert caught.value.exit_code == 4
    assert len(it.sent) == 4


def test_45_usage_on_the_last_event_without_choices(talk):
    reply = talk([Says("Hi", prompt_tokens=77)]).turn()
    assert (reply.usage.prompt, reply.usage.estimated, reply.usage.cached) == (77, False, None)
    reply = talk([Says("Hi", prompt_tokens=77)], dialect=LLAMA_CPP).turn()
    assert reply.usage.cached == 38


@pytest.mark.parametrize(
    "usage", [None, {}, {"prompt_tokens": None}, {"prompt_tokens": 0, "completion_tokens": 0}]
)
def test_45_without_usage_the_counts_are_marked_as_ours(talk, usage):
    events = [event("stop", content="word " * 40), {"choices": [], "usage": usage}]
    reply = talk([Stream(events)]).turn()
    assert reply.usage.estimated
    assert 100 < reply.usage.prompt < 400
    assert 40 <= reply.usage.completion <= 100


def test_the_answer_can_be_watched(talk):
    seen = []

    class Watcher:
        def event(self, event):
            seen.append(event.kind)

        def received(self, chars):
            seen.append(chars)

    it = talk([Drop(), Says("x" * 36)], dialect=MLX)
    it.client._watch = Watcher()
    it.turn()
    assert seen == ["wait", 0, 12, 24, 36, 36, 36]
