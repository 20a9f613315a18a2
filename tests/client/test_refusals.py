"""Failure modes 23 to 38: the server refuses, and what it says decides what is done about it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tdad.agent.chat import Ending, Message, Role, ToolCall
from tdad.agent.chat.capabilities import Source, Tools
from tdad.agent.chat.facts import Sampling, result, user
from tdad.agent.client.transport import retry_after
from tdad.errors import (
    BaseUrlWrong,
    ContextExhausted,
    ModelNotServed,
    PromptTruncated,
    RateLimited,
    RequestRejected,
    ServerBadAnswer,
    ServerRefusesKey,
    ServerUnreachable,
    TemplateRefused,
)
from tests.client.talk import START, kinds
from tests.servers.answers import Body, Drop, Says
from tests.servers.dialects import LLAMA_CPP, LM_STUDIO, MLX, OLLAMA, SGLANG, VLLM

CALL = ("read", {"path": "a.py"})
GOOD = Says(calls=[CALL])


def error(status, message, kind="BadRequestError", **more):
    return Body({"error": {"message": message, "type": kind, "code": status, **more}}, status)


def old_vllm(message):
    body = {
        "object": "error",
        "message": message,
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }
    return Body(body, 400)


def long_talk(it, observations=6, chars=3_000):
    """A conversation with so many observations that could be left out."""
    messages = list(START)
    for number in range(observations):
        call = ToolCall(f"c{number}", "read", {"path": f"{number}.py"})
        messages += [
            Message(Role.ASSISTANT, calls=(call,)),
            result(call, "x = 1\n" * (chars // 6)),
        ]
    it.messages = tuple(messages)
    return it


PARSE = [
    "Failed to parse input at pos 1360: <tool_call>\n<function=write>...",
    "The model produced output that does not match the expected peg-native format",
]


@pytest.mark.parametrize("said", PARSE)
def test_23_a_500_about_the_models_words_is_tried_once_and_warmer(talk, said):
    it = talk([error(500, said, "server_error"), GOOD], dialect=LLAMA_CPP)
    assert it.turn().ending is Ending.CALLS
    assert [sent["temperature"] for sent in it.sent] == [0.6, 0.7]
    it = talk([error(500, said, "server_error")] * 9, dialect=LLAMA_CPP)
    reply = it.turn()
    assert (reply.ending, reply.message, len(it.sent)) == (Ending.UNPARSED, None, 2)
    assert it.messages == START  # the bad turn is not part of the conversation


def test_23_a_whole_call_in_the_complaint_is_taken(talk):
    raw = (
        "Failed to parse input at pos 0: I edit.\n<tool_call>\n<function=edit>\n<parameter=path>\na.py\n</parameter>\n"
        "<parameter=old>\nif a:\n    b\n</parameter>\n<parameter=new>\n\n</parameter>\n</function>\n</tool_call>"
    )
    it = talk([error(500, raw, "server_error")], dialect=LLAMA_CPP)
    reply = it.turn()
    (call,) = reply.runnable
    assert dict(call.arguments) == {"path": "a.py", "old": "if a:\n    b", "new": ""}
    assert (len(it.sent), reply.message.text, kinds(reply.events)) == (1, "", ["salvage"])


def test_24_a_server_that_crashed_is_waited_for(talk):
    it = talk([GOOD, Drop(), GOOD], dialect=MLX)
    it.turn()
    it.server.stop()
    threading.Timer(0.3, it.server.start).start()
    reply = it.turn()
    assert reply.ending is Ending.CALLS
    assert kinds(reply.events)[0] == "wait"


def test_24_dropped_twice_means_a_shorter_conversation(talk):
    it = long_talk(talk([Drop(), Drop(), GOOD], dialect=MLX))
    reply = it.turn()
    assert reply.ending is Ending.CALLS
    assert kinds(reply.events) == ["wait", "shrink", "shrink"]
    assert it.messages[3].text == "[elided: read a.py]"
    assert it.sent[2]["max_tokens"] == 2_048


def test_24_a_server_that_stays_away_ends_the_work(talk):
    it = talk([GOOD])
    it.turn()
    it.server.stop()
    start = time.monotonic()
    with pytest.raises(ServerUnreachable, match=r"no answer from .* Start the server: vllm serve"):
        it.turn()
    assert 1.5 < time.monotonic() - start < 6


OVERFLOWS = [
    (
        error(
            400,
            "the request exceeds the available context size, try increasing it",
            "exceed_context_size_error",
            n_prompt_tokens=14429,
            n_ctx=8192,
        ),
        8192,
    ),
    (
        Body(
            {
                "error": {
                    "code": 400,
                    "message": "the request exceeds the available context size, try increasing it",
                    "type": "exceed_context_size_error",
                    "n_ctx": 8192,
                }
            }
        ),
        8192,
    ),
    (
        old_vllm(
            "This model's maximum context length is 16384 tokens. However, you requested 19591 tokens (9591 in the"
            " messages, 10000 in the completion). Please reduce the length of the messages or completion."
        ),
        16384,
    ),
    (
        error(
            400,
            "This model's maximum context length is 30000 tokens. However, you requested 32512 output tokens and your"
            " prompt contains at least 257 input tokens, for a total of at least 32769 tokens."
            " (parameter=input_tokens, value=257)",
            param="input_tokens",
        ),
        30000,
    ),
    (
        old_vllm(
            "The input (61709 tokens) is longer than the model's context length (20480 tokens)."
        ),
        20480,
    ),
    (
        old_vllm(
            "Requested token count exceeds the model's maximum context length of 24000 tokens. You requested a total"
            " of 71897 tokens: 7897 tokens from the input messages and 64000 tokens for the completion."
        ),
        24000,
    ),
    (
        Body(
            {
                "error": "The number of tokens to keep from the initial prompt is greater than the context length"
                " (n_keep: 13055>= n_ctx: 4096). Try to load the model with a larger context length"
            },
            400,
        ),
        4096,
    ),
    (error(413, "Payload Too Large"), None),
]


@pytest.mark.parametrize(("refusal", "learnt"), OVERFLOWS, ids=lambda each: str(each)[:40])
def test_25_to_28_an_overflow_lowers_the_answer_then_shortens_the_talk(talk, refusal, learnt):
    it = long_talk(talk([refusal, refusal, GOOD]))
    reply = it.turn()
    assert reply.ending is Ending.CALLS
    assert it.sent[-1]["max_tokens"] <= 2_048 < it.sent[0]["max_tokens"]
    if learnt:
        assert it.client.capabilities.context == learnt
        assert it.client.capabilities.context_source is Source.LEARNT
    assert it.elided
    assert it.messages[1].text == START[1].text  # the first user message stays
    assert reply.sent == it.messages[:-1]


def test_25_an_overflow_with_nothing_left_to_elide(talk):
    it = talk([OVERFLOWS[0][0]] * 9)
    with pytest.raises(ContextExhausted, match="does not fit into the 8192 tokens") as caught:
        it.turn()
    assert caught.value.exit_code == 4
    assert len(it.sent) == 2


@pytest.mark.parametrize("counted", [4_096 - 300, 2_000])
def test_29_a_prompt_that_was_cut_in_silence(talk, counted):
    says = Says(" ".join(map(str, range(304))), prompt_tokens=counted)  # 300 tokens
    it = talk([says, says], dialect=OLLAMA)
    it.messages = (*START, user("word " * 6_000))
    with pytest.raises(
        PromptTruncated, match="OLLAMA_CONTEXT_LENGTH=32768 ollama serve"
    ) as caught:
        it.turn()
    assert caught.value.counted == counted


@pytest.mark.parametrize("dialect", [OLLAMA, VLLM])
def test_29_an_honest_count_is_none(talk, dialect):
    it = talk([Says("Hello.", prompt_tokens=6_100)], dialect=dialect)
    it.messages = (*START, user("word " * 6_000))
    assert it.turn().usage.prompt == 6_100


def test_30_room_for_the_answer_is_kept(talk):
    it = long_talk(talk([GOOD], context=8_192), chars=6_000)
    it.turn()
    assert 256 <= it.sent[0]["max_tokens"] <= 8_192
    assert it.elided


def test_30_max_tokens_below_one(talk):
    it = long_talk(talk([error(400, "max_tokens must be at least 1, got -186."), GOOD]))
    assert it.turn().ending is Ending.CALLS


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "System message must be at the beginning."),
        error(400, "Unexpected message role."),
        error(500, "No user query found in messages.", "server_error"),
        error(400, "Error rendering prompt with jinja template: ..."),
        error(
            500,
            "While executing CallExpression: Jinja Exception: No messages provided.",
            "server_error",
        ),
    ],
    ids=["system", "role", "no user", "jinja", "llama.cpp"],
)
def test_31_and_32_a_template_that_refuses_is_loud(talk, refusal):
    it = talk([refusal, GOOD])
    with pytest.raises(TemplateRefused, match="chat template") as caught:
        it.turn()
    assert (len(it.sent), caught.value.exit_code) == (1, 4)


NO_TOOLS = [
    (
        VLLM,
        error(
            400,
            '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        ),
    ),
    (
        OLLAMA,
        error(400, "registry.ollama.ai/library/x:latest does not support tools", "api_error"),
    ),
    (LLAMA_CPP, error(500, "tools param requires --jinja flag", "server_error")),
    (OLLAMA, error(400, "JSON schema error at #: properties must be an object")),
]


@pytest.mark.parametrize(
    ("dialect", "refusal"), NO_TOOLS, ids=["vllm", "ollama", "llama.cpp", "schema"]
)
def test_33_a_server_without_tools_gets_and_gives_them_as_text(talk, dialect, refusal):
    text = "<tool_call>\n<function=read>\n<parameter=path>\na.py\n</parameter>\n</function>\n</tool_call>"
    it = talk([refusal, Says(text), Says("Done.")], dialect=dialect)
    reply = it.turn()
    assert [(call.name, dict(call.arguments)) for call in reply.runnable] == [CALL]
    it.messages += (result(reply.runnable[0], "1: x"),)
    it.turn()
    assert it.client.capabilities.tools is Tools.TEXT
    assert "tools" not in it.sent[2]
    head, _, assistant, answer = it.sent[2]["messages"]
    assert '"name": "read"' in head["content"]
    assert assistant["content"] == text
    assert answer == {"role": "user", "content": "<tool_response>\n1: x\n</tool_response>"}


@pytest.mark.parametrize(
    "refusal",
    [
        error(404, "model 'qwen3.6-35b-a3b' not found", "not_found_error"),
        error(404, "The model `qwen3.6-35b-a3b` does not exist.", "NotFoundError", param="model"),
        Body({"detail": "Server is pinned to '/models/hf'; requested 'qwen3.6-35b-a3b'."}, 400),
    ],
    ids=["ollama", "vllm", "transformers"],
)
def test_34_no_such_model(talk, refusal):
    it = talk([refusal], models=("qwen3.5-35b", "llama"))
    with pytest.raises(
        ModelNotServed, match=r"it has qwen3.5-35b\. Type: tdad doctor .* --model qwen3.5-35b"
    ):
        it.turn()


def test_34_no_such_endpoint(talk):
    it = talk([Body({"detail": "Not Found"}, 404)])
    with pytest.raises(BaseUrlWrong, match="no OpenAI-compatible endpoint"):
        it.turn()


def test_35_a_model_that_is_loading_is_waited_for(talk):
    loading = error(503, "Loading model", "unavailable_error")
    reply = talk([loading, loading, GOOD], dialect=LLAMA_CPP).turn()
    assert reply.ending is Ending.CALLS
    assert kinds(reply.events) == ["wait", "wait"]


def test_35_but_not_for_ever(talk):
    loading = error(503, "Loading model", "unavailable_error")
    it = talk(
        [loading] * 30, dialect=LLAMA_CPP, pages={"/health": Body({"status": "loading"}, 503)}
    )
    with pytest.raises(ServerUnreachable, match="Loading model"):
        it.turn()
    assert len(it.sent) == 1  # it asks /health, not for a turn


@pytest.mark.parametrize(
    ("dialect", "refusal", "gone"),
    [
        (
            OLLAMA,
            error(400, 'think value "none" is not supported for this model'),
            "reasoning_effort",
        ),
        (VLLM, Body({"detail": "Unexpected fields in the request: {'top_k'}"}, 422), "top_k"),
        (SGLANG, error(400, "Unknown parameter: 'min_p'"), "min_p"),
        (
            VLLM,
            Body(
                {
                    "detail": [
                        {
                            "type": "extra_forbidden",
                            "loc": ["body", "chat_template_kwargs"],
                            "msg": "Extra",
                        }
                    ]
                },
                422,
            ),
            "chat_template_kwargs",
        ),
        (
            LM_STUDIO,
            error(400, "Unrecognized request argument supplied: stream_options"),
            "stream_options",
        ),
    ],
    ids=["think", "transformers", "sglang", "pydantic", "stream_options"],
)
def test_36_an_optional_field_is_dropped_for_good(talk, dialect, refusal, gone):
    it = talk([refusal, GOOD, GOOD], dialect=dialect)
    it.sampling = Sampling(thinking=False)
    assert it.turn().ending is Ending.CALLS
    it.turn()
    assert [gone in sent for sent in it.sent] == [True, False, False]
    assert it.client.capabilities.dropped == (gone,)


def test_36_models_with_their_own_ways(talk):
    said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    warm = "Unsupported value: 'temperature' does not support 0.6 with this model. Only the default (1) is supported."
    it = talk([error(400, said, "invalid_request_error"), error(400, warm), GOOD])
    it.turn()
    last = it.sent[2]
    assert {"max_tokens", "temperature"} & set(last) == set()
    assert last["max_completion_tokens"] == it.sent[0]["max_tokens"]


def test_36_a_field_that_is_not_named(talk):
    it = talk([Body({"detail": "unknown field"}, 422), GOOD])
    it.turn()
    assert set(it.sent[1]) == {"model", "messages", "tools", "max_tokens", "temperature", "stream"}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "body", [{"error": "Unauthorized"}, {"error": {"message": "Invalid API Key"}}]
)
def test_37_keys(talk, status, body):
    with pytest.raises(ServerRefusesKey, match="export TDAD_API_KEY"):
        talk([Body(body, status)]).turn()


def test_37_too_many_requests_wait_as_long_as_the_server_says(talk):
    limited = Body({"error": {"message": "slow down"}}, 429, {"Retry-After": "0.3"})
    it = talk([limited, GOOD])
    start = time.monotonic()
    assert it.turn().ending is Ending.CALLS
    assert time.monotonic() - start >= 0.3


def test_37_but_not_until_tomorrow(talk):
    limited = Body({"error": {"message": "slow down"}}, 429, {"Retry-After": "86400"})
    it = talk([limited, GOOD])
    with pytest.raises(RateLimited, match="for 86400 s"):
        it.turn()
    assert len(it.sent) == 1


def test_37_retry_after_is_a_number_or_a_date():
    now = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    date = format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert retry_after({"retry-after": "30"}, now) == 30
    assert retry_after({"retry-after": date}, now) == 90
    assert retry_after({"retry-after": "soon"}, now) is None
    assert retry_after({}, now) is None


@pytest.mark.parametrize(
    "outage",
    [
        Body({"error": {"message": "CUDA out of memory"}}, 500),
        Body(
            "<html><head><title>502 Bad Gateway</title></head></html>",
            502,
            {"Content-Type": "text/html"},
        ),
        Body("upstream timed out", 504, {"Content-Type": "text/plain"}),
        Body("Internal Server Error", 500, {"Content-Type": "text/plain"}),
    ],
    ids=["OOM", "HTML", "gateway", "text"],
)
def test_38_outages_are_sat_out_four_times(talk, outage):
    it = talk([outage] * 4 + [GOOD])
    reply = it.turn()
    assert (reply.ending, kinds(reply.events)) == (Ending.CALLS, ["retry"] * 4)
    it = talk([outage] * 9)
    with pytest.raises(ServerBadAnswer):
        it.turn()
    assert len(it.sent) == 5


def test_38_what_a_page_of_html_says_is_its_title(talk):
    page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    it = talk([Body(page, 502, {"Content-Type": "text/html"})] * 5)
    with pytest.raises(ServerBadAnswer, match=r"\(502 Bad Gateway\)"):
        it.turn()


def test_a_refusal_that_no_rule_knows_is_not_repeated(talk):
    it = talk([error(400, "n must be 1"), GOOD])
    with pytest.raises(RequestRejected, match=r"with 400 \(n must be 1\)"):
        it.turn()
    assert len(it.sent) == 1


def test_nobody_listens(talk):
    it = talk([])
    it.server.stop()
    with pytest.raises(ServerUnreachable) as caught:
        it.turn()
    assert caught.value.exit_code == 4
