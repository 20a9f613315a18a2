from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdad.agent.chat.arguments import coerce, fit, read
from tdad.agent.chat.facts import ToolSpec


def tool(**properties):
    required = [name for name, schema in properties.items() if schema.pop("needed", False)]
    parameters = {"type": "object", "properties": properties, "required": required}
    return ToolSpec("t", "", parameters)


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        ({"a": 1}, {"a": 1}),
        ('{"a": 1}', {"a": 1}),
        (None, {}),
        ("", {}),
        ("  \n", {}),
        ('"a": 1}', {"a": 1}),
        ('{"a": 1}}', {"a": 1}),
        ('{"a": 1}}}\n', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('{"a": "line\nline\ttab"}', {"a": "line\nline\ttab"}),
    ],
)
def test_read(raw, values):
    assert (read(raw).values, read(raw).problem) == (values, "")


@pytest.mark.parametrize(
    "raw",
    ['{"a": "x', '{"a"', "{", "[1]", "12", '"text"', '{"a": 1} {"b": 2}', 7, [1], "[" * 100_000],
)
def test_what_cannot_be_read_says_so(raw):
    assert read(raw).values == {}
    assert read(raw).problem.startswith("arguments ")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_nothing_breaks_it_and_nothing_is_made_up(text):
    got = read(text)
    assert got.problem == "" or got.values == {}
    if not got.problem and got.values and not got.repairs:
        assert json.loads(text, strict=False) == got.values


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text(max_size=5), st.text(max_size=20), min_size=1),
    st.integers(1, 40),
)
def test_a_cut_object_is_never_completed(values, cut):
    text = json.dumps(values)
    assert read(text[: max(1, len(text) - cut)]).values in ({}, values)


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ("12", {"type": "integer"}, 12),
        (" 12\n", {"type": "integer"}, 12),
        (12.0, {"type": "integer"}, 12),
        ("1.5", {"type": "number"}, 1.5),
        ("True", {"type": "boolean"}, True),
        ("[1, 2]", {"type": "array"}, [1, 2]),
        ('{"a": 1}', {"type": "object"}, {"a": 1}),
        ("None", {"type": "integer"}, None),
        ("null", {"type": ["integer", "null"]}, None),
        ("12", {"type": "string"}, "12"),
        (12, {"type": "string"}, "12"),
        ("12", {"type": ["string", "integer"]}, "12"),
        ("soon", {"type": "integer"}, "soon"),
        ("[1", {"type": "array"}, "[1"),
        (True, {"type": "integer"}, True),
        ("x", {}, "x"),
    ],
)
def test_coerce(value, schema, expected):
    got = coerce(value, schema)
    assert (got, type(got)) == (expected, type(expected))


def test_fit_says_what_is_missing_or_of_the_wrong_type():
    spec = tool(path={"type": "string", "needed": True}, line={"type": "integer"})
    assert fit(read({"line": 1}), spec).problem == "t needs path; send the whole call again"
    assert (
        fit(read({"path": "a", "line": "x"}), spec).problem == "line must be integer, not string"
    )
    assert fit(read({"path": "a", "line": True}), spec).problem.endswith("not boolean")
    assert fit(read({"path": None}), spec).problem.startswith("t needs path")
    assert fit(read({"path": "a", "line": "3"}), spec).repairs == ("line made integer",)


def test_unknown_parameters_are_left_out_only_where_the_schema_is_closed():
    spec = tool(path={"type": "string"})
    assert fit(read({"path": "a", "why": "b"}), spec).values == {"path": "a", "why": "b"}
    closed = ToolSpec("t", "", {**spec.parameters, "additionalProperties": False})
    got = fit(read({"path": "a", "why": "b"}), closed)
    assert (got.values, got.repairs) == ({"path": "a"}, ("unknown parameter why left out",))


def test_one_string_where_a_list_of_strings_is_asked_for():
    strings = {"type": "array", "items": {"type": "string"}}
    assert coerce("impacted", strings) == ["impacted"]
    assert coerce('["a", "b"]', strings) == ["a", "b"]
    assert coerce("[a, b", strings) == "[a, b", "half a list is no list"
    assert coerce("x", {"type": "array", "items": {"type": "integer"}}) == "x"
