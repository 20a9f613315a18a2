from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tdad.agent.chat import Ending, Request, ToolSpec
from tdad.agent.chat.assemble import assemble, growth, text_of, whole
from tdad.agent.chat.facts import user
from tdad.agent.chat.turn import is_whole, turn_of

READ = ToolSpec(
    "read", "Read.", {"properties": {"path": {"type": "string"}}, "required": ["path"]}
)
REQUEST = Request((user("U"),), (READ,))

VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from(["", "read", '{"path": "a"}', "stop", "<"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "message",
                    "tool_calls",
                    "function",
                    "name",
                    "arguments",
                    "index",
                    "id",
                    "content",
                    "reasoning",
                    "finish_reason",
                    "usage",
                    "prompt_tokens",
                    "text",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
DELTAS = st.fixed_dictionaries(
    {},
    optional={
        "content": VALUES,
        "reasoning": VALUES,
        "reasoning_content": VALUES,
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "index": st.none() | st.integers(0, 2),
                    "id": st.sampled_from(["a", "b", "", None]),
                    "function": st.fixed_dictionaries(
                        {},
                        optional={
                            "name": st.sampled_from(["read", "re", "ad", "", None, 3]),
                            "arguments": st.sampled_from(
                                ['{"path"', ': "a"}', "", None, {"path": "a"}, 3]
                            ),
                        },
                    ),
                },
            ),
            max_size=3,
        )
        | VALUES,
    },
)
CHUNKS = st.lists(
    st.fixed_dictionaries(
        {"choices": st.lists(st.fixed_dictionaries({"delta": DELTAS}), max_size=2) | VALUES}
    )
    | st.dictionaries(st.text(max_size=3), VALUES, max_size=2),
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(CHUNKS)
def test_no_stream_breaks_it(chunks):
    raw = assemble(chunks)
    for chunk in chunks:
        growth(chunk)
    is_whole(raw)
    made = turn_of(raw, REQUEST, 100)
    ids = [call.id for call in made.message.calls]
    assert len(set(ids)) == len(ids)
    assert all(
        call.problem or isinstance(call.arguments.get("path"), str) for call in made.message.calls
    )
    assert (made.ending is Ending.CALLS) == any(not call.problem for call in made.message.calls)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["choices", "usage", "error"]), VALUES, max_size=3))
def test_no_body_breaks_it(body):
    turn_of(whole(body), REQUEST, 100)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["path", "x"]), st.text(max_size=8)),
        min_size=1,
        max_size=3,
    ),
    st.integers(1, 9),
    st.booleans(),
)
def test_a_call_cut_into_pieces_is_whole_again(calls, size, with_index):
    """However servers cut, as long as an index or an id says what belongs together."""
    chunks = []
    for number, arguments in enumerate(calls):
        text = json.dumps(arguments)
        place = {"index": number} if with_index else {"id": f"c{number}"}
        head = {**place, "id": f"c{number}", "function": {"name": "read", "arguments": ""}}
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        deltas = [head, *({**place, "function": {"arguments": piece}} for piece in pieces)]
        chunks += [{"choices": [{"delta": {"tool_calls": [delta]}}]} for delta in deltas]
    raw = assemble(chunks)
    assert [(call.id, call.name) for call in raw.calls] == [
        (f"c{n}", "read") for n in range(len(calls))
    ]
    assert [json.loads(str(call.arguments)) for call in raw.calls] == calls


def test_text_of_parts():
    assert text_of([{"text": "a"}, "b", {"image": 1}, 3, None]) == "ab"
    assert text_of({"text": "a"}) == ""
