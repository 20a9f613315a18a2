"""Calls that a model wrote into its text instead of calling. Pure.

Read: Qwen's ``<function=…><parameter=…>`` with or without ``<tool_call>`` around it (vllm#22975, ollama#16686),
Hermes' JSON in ``<tool_call>`` (lmstudio#825) or ``<function_invocation>`` (ollama#16383), ``<invoke name=…>``, and a
JSON fence at the very end. Only for tools that exist, only whole calls; what looks like a call and cannot be read is
drift.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from tdad.agent.chat.assemble import RawCall

_FENCE = re.compile(r"^[ \t]*(```|~~~)", re.MULTILINE)
_QWEN = re.compile(r"<function=\s*([^>\n]+?)\s*>")
_QWEN_END = re.compile(r"</function>\s*(?:</tool_call>|(?=<tool_call>|<function=|\Z))")
_QWEN_VALUE = re.compile(r"<parameter=\s*([^>\n]+?)\s*>")
_INVOKE = re.compile(r'<invoke\s+name="([^"]+)"\s*>(.*?)</invoke>', re.DOTALL)
_INVOKE_VALUE = re.compile(r'<parameter\s+name="([^"]+)"\s*>(.*?)</parameter>', re.DOTALL)
_HERMES = re.compile(r"<(tool_call|tools|function_call|function_invocation)>\s*(?=\{)")
_JSON_FENCE = re.compile(r"```(?:json|tool_call|tool)?[ \t]*\n(\{.*\})\s*```\s*\Z", re.DOTALL)
_WRAPPERS = re.compile(
    r"</?(?:tool_call|tools|function_call|function_calls|function_invocation)>\s*"
)
_DRIFT = re.compile(
    r"\[Tool call:|\[tool_call|<tool_call>|<function=|</tool_call>|<function_invocation>|<invoke\s",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was read out of a text."""

    calls: tuple[RawCall, ...] = ()
    text: str = ""
    """The text without the calls."""
    drift: bool = False
    """Something was meant as a call and could not be read."""


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    call: RawCall


def calls_in(text: str, known: Callable[[str], bool]) -> Found:
    """The calls to ``known`` tools in the text of an answer.

    What stands in a code fence is an example, unless it is the last thing said.
    """
    spans = [span for span in _spans(text) if known(span.call.name)]
    spans = [span for span in spans if _counts(text, span)]
    if not spans:
        return Found(text=text, drift=bool(_DRIFT.search(_outside_fences(text))))
    kept, position = [], 0
    for span in spans:
        kept.append(text[position : span.start])
        position = span.end
    rest = _WRAPPERS.sub("", "".join([*kept, text[position:]]))
    return Found(tuple(span.call for span in spans), rest.strip())


def call_at_end(thoughts: str, known: Callable[[str], bool]) -> Found:
    """The calls that thoughts end with (langchain4j#4786): the model forgot to stop thinking before it called."""
    found = calls_in(thoughts, known)
    if not found.calls:
        return Found(text=thoughts)
    last = max(span.end for span in _spans(thoughts))
    over = _WRAPPERS.sub("", thoughts[last:]).strip()
    return Found(text=thoughts) if over else found


def _spans(text: str) -> list[_Span]:
    """All whole calls, in order, none within another."""
    found = sorted(
        (span for reader in _READERS for span in reader(text)),
        key=lambda each: (each.start, -each.end),
    )
    kept: list[_Span] = []
    for span in found:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _qwen(text: str) -> Iterator[_Span]:
    position = 0
    while start := _QWEN.search(text, position):
        end = _QWEN_END.search(text, start.end()) or re.compile("</function>").search(
            text, start.end()
        )
        if end is None:
            return
        body = text[start.end() : end.start()]
        yield _Span(start.start(), end.end(), RawCall("", start[1], dict(_qwen_values(body))))
        position = end.end()


def _qwen_values(body: str) -> Iterator[tuple[str, str]]:
    """(name, value); a value ends with its tag or, where that is missing, with the next one."""
    names = list(_QWEN_VALUE.finditer(body))
    for at, name in enumerate(names):
        stop = names[at + 1].start() if at + 1 < len(names) else len(body)
        value, close, _ = body[name.end() : stop].rpartition("</parameter>")
        value = value if close else body[name.end() : stop]
        yield name[1], value.removeprefix("\n").removesuffix("\n")  # the format's, not the value's


def _hermes(text: str) -> Iterator[_Span]:
    for start in _HERMES.finditer(text):
        if (read := _json_call(text[start.end() :])) is not None:
            call, length = read
            yield _Span(start.start(), start.end() + length, call)


def _invoke(text: str) -> Iterator[_Span]:
    for match in _INVOKE.finditer(text):
        values = {
            name: value.removeprefix("\n").removesuffix("\n")
            for name, value in _INVOKE_VALUE.findall(match[2])
        }
        yield _Span(match.start(), match.end(), RawCall("", match[1], values))


def _fenced(text: str) -> Iterator[_Span]:
    match = _JSON_FENCE.search(text)
    if match and (read := _json_call(match[1])) and not match[1][read[1] :].strip():
        yield _Span(match.start(), match.end(), read[0])


_READERS: Collection[Callable[[str], Iterator[_Span]]] = (_qwen, _hermes, _invoke, _fenced)


def _json_call(text: str) -> tuple[RawCall, int] | None:
    """The call that ``text`` begins with as JSON, and its length."""
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    value = inner if isinstance(inner, dict) else value
    name = value.get("name")
    arguments = value.get("arguments", value.get("parameters"))
    if not isinstance(name, str) or not isinstance(arguments, dict | str):
        return None
    return RawCall("", name, arguments), end


def _counts(text: str, span: _Span) -> bool:
    fences = [match.start() for match in _FENCE.finditer(text) if match.start() < span.start]
    if len(fences) % 2 == 0:
        return True
    after = re.sub(r"[`~\s]", "", _WRAPPERS.sub("", text[span.end :]))
    return not after


def _outside_fences(text: str) -> str:
    parts = re.split(r"^[ \t]*(?:```|~~~).*$", text, flags=re.MULTILINE)
    return "\n".join(parts[::2])
