from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdad.agent.chat.facts import ToolCall
from tdad.agent.chat.salvage import call_at_end, calls_in
from tdad.agent.chat.wire import call_as_text

TOOLS = {"read", "edit", "run_tests"}


def known(name):
    return name in TOOLS


def found(text):
    return [(call.name, call.arguments) for call in calls_in(text, known).calls]


def test_values_keep_their_own_newlines_and_markup():
    text = (
        "<tool_call>\n<function=edit>\n<parameter=old>\n\n    if a < b:\n\n</parameter>\n"
        "<parameter=new>\n<b>&amp;</b>\n</parameter>\n</function>\n</tool_call>"
    )
    assert found(text) == [("edit", {"old": "\n    if a < b:\n", "new": "<b>&amp;</b>"})]


def test_a_value_may_hold_the_tags_of_a_call():
    text = "<function=edit>\n<parameter=old>\nend = '</parameter>' + '</function>' + x\n</parameter>\n</function>"
    assert found(text) == [("edit", {"old": "end = '</parameter>' + '</function>' + x"})]


def test_a_missing_end_of_a_value_is_made_up_for_by_the_next_tag():
    text = "<function=edit>\n<parameter=old>\na\n<parameter=new>\nb\n</parameter>\n</function>"
    assert found(text) == [("edit", {"old": "a", "new": "b"})]


@pytest.mark.parametrize(
    "text",
    [
        "<function=read>\n<parameter=path>\na.py",
        "<function=read>\n<parameter=path>\na.py\n</parameter>",
        '<tool_call>{"name": "read", "arguments": {"path": "a.',
        '<tool_call>{"name": "read"}</tool_call>',
        '<invoke name="read"><parameter name="path">a.py</parameter>',
    ],
)
def test_a_call_that_is_not_whole_is_drift(text):
    result = calls_in(text, known)
    assert (result.calls, result.text, result.drift) == ((), text, True)


def test_two_calls_and_the_words_around_them():
    call = "<tool_call>\n<function=read>\n<parameter=path>\n{}\n</parameter>\n</function>\n</tool_call>"
    text = f"First.\n{call.format('a')}\nThen.\n{call.format('b')}\nDone."
    result = calls_in(text, known)
    assert [call.arguments for call in result.calls] == [{"path": "a"}, {"path": "b"}]
    assert [line for line in result.text.splitlines() if line] == ["First.", "Then.", "Done."]


def test_a_tool_that_is_not_there_is_not_called():
    text = "<function=deploy>\n<parameter=x>\n1\n</parameter>\n</function>"
    assert found(text) == []
    assert calls_in(text, known).drift


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ('```json\n{"name": "read", "arguments": {"path": "a"}}\n```', 1),
        ('```json\n{"name": "read", "arguments": {"path": "a"}}\n```\nThat is it.', 0),
        ('```json\n{"name": "Ada", "arguments": {"path": "a"}}\n```', 0),
        ('```json\n{"name": "read"}\n```', 0),
        ('```\n{"name": "read", "parameters": {"path": "a"}}\n```', 1),
        ('```json\n[{"name": "read", "arguments": {}}]\n```', 0),
        ("```xml\n<function=read>\n<parameter=path>\na\n</parameter>\n</function>\n```", 1),
        ("```xml\n<function=read>\n<parameter=path>\na\n</parameter>\n</function>\n```\nNo.", 0),
    ],
)
def test_fences(text, calls):
    assert len(found(text)) == calls


def test_at_the_end_of_thoughts_only():
    call = "<tool_call><function=read><parameter=path>a</parameter></function></tool_call>"
    assert call_at_end(f"Hm.\n{call}\n", known).calls
    assert call_at_end(f"Hm.\n{call}\n", known).text == "Hm."
    assert not call_at_end(f"Hm.\n{call}\nNo.", known).calls


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.text(
            st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=60
        ).filter(lambda value: "<parameter=" not in value and "</function>" not in value),
        max_size=4,
    )
)
def test_what_the_text_protocol_writes_is_read_back(arguments):
    assert found(call_as_text(ToolCall("1", "edit", arguments))) == [("edit", arguments)]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='<>/=`{}"\nabtool_cfunirpme', max_size=200))
def test_no_text_breaks_it(text):
    result = calls_in(text, known)
    assert result.calls or result.text == text
    json.dumps([call.name for call in result.calls])
