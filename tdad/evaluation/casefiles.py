"""A miss → a case file in the format of ``tests/cases``, as small as the texts allow without running them.

Files of up to :data:`WHOLE` lines are given whole. Of longer ones only what stands at module level and the definitions
that the case is about are kept; such a case may need other files of the project before it runs, and says so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tdad.facts_faults import EVERYTHING, Fault, Judged

WHOLE = 150
_TESTS = 5
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Texts:
    """What a case is made from. Paths are relative to the root."""

    before: str
    """The broken file, before."""
    after: str
    tests: Mapping[str, str]
    """Path → text of the files of missed tests."""


def case_file(judged: Judged, fault: Fault, texts: Texts, *, seed: int) -> str:
    """Return the text of a case file for one miss."""
    missed = [unit for unit in judged.missed if unit != EVERYTHING][:_TESTS]
    return "\n".join(
        [
            *_comment(judged, fault, seed),
            f"[case {case_name(fault)}]",
            f"[file {fault.path}]",
            _kept(fault.path, texts.before, {fault.line}),
            *(_test_file(path, text, missed) for path, text in sorted(texts.tests.items())),
            f"[edit {fault.path}]",
            _kept(fault.path, texts.after, {fault.line}),
            "[impacts]",
            *(f"{unit} derived" for unit in missed if "::" in unit),
            "[fails]",
            *missed,
            "",
        ]
    )


def case_name(fault: Fault) -> str:
    """A name that says what was broken where."""
    words = f"{fault.kind} {fault.path} {fault.qualname} line {fault.line}"
    return "audit_" + re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").lower()


def _comment(judged: Judged, fault: Fault, seed: int) -> Iterator[str]:
    trial = judged.trial
    yield f"# tdad audit --seed {seed}, fault {trial.number + 1}: {fault.definition}, line {fault.line}"
    yield f"# {fault.kind}: {fault.detail}"
    yield f"# {len(trial.broken)} fail, {len(judged.missed)} of them not selected; {len(trial.ranked)} were selected."
    yield from (f"# {name}: {reason}" for name, reason in trial.why)
    yield f"# Of files longer than {WHOLE} lines only a part is here: add what is missing, or cut it down further."


def _test_file(path: str, text: str, missed: Collection[str]) -> str:
    names = {
        unit.partition("::")[2].partition("[")[0].split("::")[0]
        for unit in missed
        if unit.partition("::")[0] == path
    }
    lines = {
        node.lineno
        for node in _top_level(text)
        if isinstance(node, _DEFINED) and node.name in names
    }
    return f"[file {path}]\n{_kept(path, text, lines)}"


def _kept(path: str, text: str, lines: Collection[int]) -> str:
    """The text, or of a long one what is at module level and the definitions that hold ``lines``."""
    rows = text.splitlines()
    if len(rows) <= WHOLE:
        return text.rstrip("\n")
    if not path.endswith(".py"):
        first = max(0, min(lines, default=1) - 20)
        return "\n".join(rows[first : first + 40])
    left: list[str] = []
    for node in _top_level(text):
        span = range(_first(node), (node.end_lineno or node.lineno) + 1)
        if not isinstance(node, _DEFINED) or any(line in span for line in lines):
            left += rows[span.start - 1 : span.stop - 1]
    return "\n".join(left)


def _first(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _DEFINED) else []
    return min([node.lineno, *(each.lineno for each in decorators)])


def _top_level(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return []
