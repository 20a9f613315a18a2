"""Arguments of a call: read, put right where that is safe, checked against the tool's schema. Pure.

Nothing is guessed that could change what an edit does: half a value is never completed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tdad.agent.chat.facts import ToolSpec

_TAG = re.compile(r"[<>\n]")


@dataclass(frozen=True, slots=True)
class Read:
    """Arguments, or what is wrong with them; ``repairs`` says what was put right."""

    values: Mapping[str, Any]
    problem: str = ""
    repairs: tuple[str, ...] = ()


def read(raw: object) -> Read:
    """The object in ``raw``: text, an object, or nothing.

    Put right: nothing at all (no arguments), a missing opening brace, closing braces too many, JSON in JSON. Seen in
    vllm#35716, vllm#35266, vllm-ascend#16001.
    """
    if isinstance(raw, Mapping):
        return Read(raw)
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return Read({})
    if not isinstance(raw, str):
        return Read({}, f"arguments must be a JSON object, not {_kind(raw)}")
    return _read_text(raw.strip())


def _read_text(text: str) -> Read:
    value, rest, error = _decode(text)
    repairs: tuple[str, ...] = ()
    if not text.startswith(("{", "[")) and not isinstance(value, Mapping):
        again, tail, failed = _decode("{" + text)
        if not failed and isinstance(again, Mapping):
            value, rest, error, repairs = again, tail, "", ("opening brace added",)
    if isinstance(value, str) and not rest:
        value, rest, error = _decode(value)
        repairs = ("JSON in JSON unpacked",)
    if error:
        return Read({}, f"arguments are not valid JSON ({error})")
    if not isinstance(value, Mapping):
        return Read({}, f"arguments must be a JSON object, not {_kind(value)}")
    if rest.strip("} \n\r\t"):
        return Read({}, "arguments are not valid JSON (there is more after the object)")
    if rest.strip():
        repairs += ("surplus closing braces left out",)
    return Read(value, "", repairs)


def _decode(text: str) -> tuple[object, str, str]:
    """(value, what follows it, what is wrong)."""
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text)
    except ValueError as error:
        return None, "", str(error)
    except RecursionError:
        return None, "", "nested too deeply"
    return value, text[end:], ""


def fit(read_: Read, tool: ToolSpec) -> Read:
    """``read_`` with values of the types that ``tool`` asks for, or what is wrong with it."""
    if read_.problem:
        return read_
    properties = _mapping(tool.parameters.get("properties"))
    if broken := [key for key in read_.values if key not in properties and _TAG.search(key)]:
        return Read({}, f"the call is garbled: a parameter is called {broken[0]!r}")
    values, repairs = {}, list(read_.repairs)
    for key, value in read_.values.items():
        if key not in properties and tool.parameters.get("additionalProperties") is False:
            repairs.append(f"unknown parameter {key} left out")
            continue
        schema = _mapping(properties.get(key))
        fitted = coerce(_unwrap(value, schema, key in tool.one_line), schema)
        if fitted is None and value is not None and key not in _required(tool):
            repairs.append(f"{key} {value!r} taken for none")
            continue
        if fitted != value or type(fitted) is not type(value):
            repairs.append(f"{key} made {_kind(fitted)}")
        values[key] = fitted
    return Read(values, _missing(values, tool) or _misfit(values, properties), tuple(repairs))


def _unwrap(value: object, schema: Mapping[str, Any], wrapped: bool) -> object:
    if not isinstance(value, str):
        return value
    if not wrapped and "string" in _types(schema):
        return value
    return value.removeprefix("\n").removesuffix("\n")


def coerce(value: object, schema: Mapping[str, Any]) -> object:
    """``value`` as the type that ``schema`` asks for where it says just that in another type, else as it is.

    ``"12"`` → 12, ``"true"`` → True, ``"[1]"`` → [1], ``"a"`` → ["a"] where a list of strings is asked for; the words
    None and null → ``None`` where no string is asked for.
    """
    types = _types(schema)
    if not types or not isinstance(value, str) or "string" in types:
        if "string" in types and isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if "integer" in types and isinstance(value, float) and value.is_integer():
            return int(value)
        return value
    text = value.strip()
    if text in {"None", "null", ""}:
        return None
    if "boolean" in types and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return _parsed(text, value, types, schema)


def _parsed(text: str, value: object, types: frozenset[str], schema: Mapping[str, Any]) -> object:
    """What the text says in JSON, if that is of the right type; one string is a list of strings with one member."""
    parsed, rest, error = _decode(text)
    if not error and not rest.strip() and _is_a(parsed, types):
        return parsed
    one = "array" in types and "string" in _types(_mapping(schema.get("items")))
    return [text] if one and text[0] not in "[{" else value


def _required(tool: ToolSpec) -> list[str]:
    required = tool.parameters.get("required")
    return (
        [each for each in required if isinstance(each, str)] if isinstance(required, list) else []
    )


def _missing(values: Mapping[str, Any], tool: ToolSpec) -> str:
    missing = [key for key in _required(tool) if values.get(key) is None]
    if not missing:
        return ""
    names = ", ".join(missing)
    return f"{tool.name} needs {names}; send the whole call again"


def _misfit(values: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    for key, value in values.items():
        types = _types(_mapping(properties.get(key)))
        if types and value is not None and not _is_a(value, types):
            return f"{key} must be {' or '.join(sorted(types))}, not {_kind(value)}"
    return ""


_PYTHON: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (Mapping,),
    "null": (type(None),),
}


def _is_a(value: object, types: frozenset[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    return any(isinstance(value, _PYTHON.get(name, ())) for name in types)


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    named = schema.get("type")
    if isinstance(named, str):
        return frozenset({named})
    if isinstance(named, list):
        return frozenset(each for each in named if isinstance(each, str))
    return frozenset()


def _kind(value: object) -> str:
    for name, kinds in (("boolean", (bool,)), *_PYTHON.items()):
        if isinstance(value, kinds):
            return name
    return type(value).__name__


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
