from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdad.agent.chat import Message, Request, Role, ToolCall, ToolSpec, tokens
from tdad.agent.chat.capabilities import Capabilities, Dialect, Tools, document_of, from_document
from tdad.agent.chat.facts import Sampling, result, system, user
from tdad.agent.chat.redact import redact
from tdad.agent.chat.thinking import circles, split
from tdad.agent.chat.wire import answered, encode, messages_of

READ = ToolSpec("read", "Read.", {"properties": {"path": {"type": "string"}}})
CALL = ToolCall("c1", "read", {"path": "a.py"})
SAID = Message(Role.ASSISTANT, "I look.", "Hm.", (CALL,))
TALK = (system("S"), user("U"), SAID, result(CALL, "1: x"))


def server(dialect=Dialect.VLLM, **changes):
    return Capabilities("http://127.0.0.1:1/v1", dialect, model="m", **changes)


@pytest.mark.parametrize(
    ("dialect", "field"),
    [
        (Dialect.VLLM, "reasoning"),
        (Dialect.OLLAMA, "reasoning"),
        (Dialect.SGLANG, "reasoning_content"),
        (Dialect.LLAMA_CPP, "reasoning_content"),
        (Dialect.LM_STUDIO, "reasoning_content"),
    ],
)
def test_thoughts_go_back_where_the_server_reads_them(dialect, field):
    assert messages_of(Request(TALK), server(dialect))[2][field] == "Hm."


def test_a_field_that_was_seen_wins_over_the_usual_one():
    assistant = messages_of(Request(TALK), server(reasoning_field="reasoning_content"))[2]
    assert "reasoning" not in assistant
    assert "Hm." not in messages_of(Request(TALK), server(Dialect.UNKNOWN))[2].values()


def test_a_tool_without_parameters_has_an_object_of_them():
    fields = encode(Request(TALK, (ToolSpec("stop", "Stop.", {}),)), server(), 10)
    assert fields["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {}}
    assert "tools" not in encode(Request(TALK), server(), 10)  # vLLM refuses an empty list


def test_calls_without_an_answer_get_one():
    second = ToolCall("c2", "read", {}, "Not run: cut.")
    talk = (
        user("U"),
        Message(Role.ASSISTANT, calls=(CALL, second)),
        result(CALL, "x"),
        user("Go on."),
    )
    assert [(m.role, m.call_id, m.text) for m in answered(talk)[2:]] == [
        (Role.TOOL, "c1", "x"),
        (Role.TOOL, "c2", "Not run: cut."),
        (Role.USER, "", "Go on."),
    ]


def test_the_text_protocol_alternates_and_says_how():
    talk = (*TALK, result(ToolCall("c2", "read"), "2: y"), user("Go on."))
    messages = messages_of(Request(talk, (READ,)), server(tools=Tools.TEXT))
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[0]["content"].startswith("S\n\n# Tools")
    assert "<function=read>\n<parameter=path>\na.py\n</parameter>" in messages[2]["content"]
    assert messages[3]["content"].endswith("</tool_response>\n\nGo on.")
    without = messages_of(Request((user("U"),), (READ,)), server(tools=Tools.TEXT))
    assert [message["role"] for message in without] == ["system", "user"]


def test_the_beginning_of_a_request_does_not_change_from_turn_to_turn():
    first = encode(Request(TALK[:2], (READ,), Sampling(seed=1)), server(), 10)
    later = encode(Request(TALK, (READ,), Sampling(seed=1)), server(), 10)
    assert json.dumps(later["messages"])[:-1].startswith(json.dumps(first["messages"])[:-1])
    assert first["tools"] == later["tools"]


def test_dropped_fields_stay_away():
    fields = encode(Request(TALK), server(dropped=("chat_template_kwargs", "top_p")), 10)
    assert "top_p" not in fields
    assert set(fields["extra_body"]) == {"top_k", "min_p", "repetition_penalty"}


def test_capabilities_can_be_written_down_and_read_again():
    known = server(context=8, tools=Tools.TEXT, dropped=("seed",), models=("m", "n"))
    document = json.loads(json.dumps(document_of(known)))
    assert from_document(document) == known
    assert from_document({**document, "of a later version": 1}) == known
    with pytest.raises(ValueError, match=r"not a tdad.capabilities/1 document"):
        from_document({"schema": "tdad.impact/1"})


@pytest.mark.parametrize(
    ("text", "reasoning", "expected"),
    [
        ("Hi", "", ("Hi", "")),
        ("Hm.\n</think>\n\nHi", "", ("\n\nHi", "Hm.")),
        ("<think>\nHm.\n</think>Hi", "", ("Hi", "Hm.")),
        ("a</think>b</think>c", "", ("c", "a</think>b")),
        ("</think>Hi", "Hm.", ("Hi", "Hm.")),
        ("<think>Hm", "", ("", "Hm")),
    ],
)
def test_split(text, reasoning, expected):
    assert split(text, reasoning) == expected


def test_circles():
    sentence = "But wait, maybe it is defined in another module. "
    assert circles("Let me think. " + sentence * 12)
    assert circles("ha" * 300)
    assert not circles(sentence * 9)
    assert not circles("".join(f"line {n} may be wrong; " for n in range(100)))
    assert not circles("")


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=50, max_size=120), st.text(max_size=200))
def test_whatever_is_said_ten_times_goes_in_circles(chunk, before):
    assert circles(before + chunk * 10)


@pytest.mark.parametrize(
    ("prompt", "total", "expected", "cut"),
    [
        (2_000, 2_300, 7_500, True),
        (3_796, 4_096, 5_000, True),
        (4_096, 4_400, 4_200, True),
        (4_096, 4_400, 4_000, False),
        (6_100, 6_400, 7_500, False),
        (100, 200, 900, False),
    ],
)
def test_was_truncated(prompt, total, expected, cut):
    assert tokens.was_truncated(prompt, total, expected) is cut


def test_estimates_are_on_the_high_side():
    source = (
        "def total(self, rate: float) -> float:\n    return sum(item.price for item in self.items)\n"
        * 50
    )
    messages = [{"role": "user", "content": source}]
    assert tokens.usual(messages) < tokens.estimate(messages)
    assert tokens.estimate([{"role": "user", "content": "日本" * 50}]) > 90


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijklmnop1234567890",
        "sk-ant-api03-abcdefghijklmnop",
        "hf_abcdefghijklmnopqrst",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11ABCDEFG0abcdefghijkl",
        "AKIAIOSFODNN7EXAMPLE",
        "xoxb-1234567890-abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_are_taken_out(secret):
    assert redact(f"a {secret} b") == "a [redacted] b"


def test_secrets_that_are_known_or_in_their_place():
    assert redact("token=hunter2", ("hunter2",)) == "token=[redacted]"
    assert redact('{"Authorization": "Bearer abc"}') == '{"Authorization": "Bearer [redacted]"}'
    assert redact("https://me:pass@host/x") == "https://me:[redacted]@host/x"
    assert redact("a b", ("a", "")) == "a b"


def test_ordinary_text_is_left_alone():
    source = (
        "def skip(task-1): hf = 'risk-free'  # sk-short, AKIA, eyJ.x.y, http://localhost:8080/v1"
    )
    assert redact(source) == source
