"""Changes that really happened: the code of an earlier release put back under the tests of the measured one.

The package index keeps source distributions, not commits. What changed between two releases is taken apart: one
definition, one stretch of module-level lines, or one whole file at a time is what it was before. Only what is left
parses and differs in more than comments; whether a test fails is for the suite to say.
"""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from accuracy_setup import PAST, past_folder, project

TESTS = {"test", "tests", "testing"}
SEED = 1
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class PutBack:
    """One change put back."""

    release: str
    path: str
    what: str
    """Qualname, ``lines 3-5``, or ``the file``."""
    content: bytes


def history(name: str) -> list[PutBack]:
    """Every change that can be put back, in an order that mixes releases, files and sizes; the same each time."""
    found: dict[tuple[str, bytes], PutBack] = {}
    for archive in PAST[name]:
        for change in _between(past_folder(archive), project(name), archive.version):
            found.setdefault((change.path, change.content), change)
    ordered = sorted(found.values(), key=lambda each: (each.path, each.what, each.release))
    random.Random(SEED).shuffle(ordered)  # noqa: S311 - a sample, not a secret
    return ordered


def _between(old: Path, new: Path, release: str) -> Iterator[PutBack]:
    """What differs between the code of two releases, tests aside."""
    for file in sorted(new.rglob("*.py")):
        path = file.relative_to(new).as_posix()
        if not _is_code(path) or not (old / path).exists():
            continue
        before, now = (old / path).read_text("utf-8"), file.read_text("utf-8")
        for what, text in parts(before, now):
            if _differs(text, now):
                yield PutBack(release, path, what, text.encode())


def _is_code(path: str) -> bool:
    parts = PurePosixPath(path).parts
    if len(parts) == 1 or parts[0] in {"docs", "doc", "examples", "scripts", "tools"}:
        return False
    return not TESTS & set(parts[:-1]) and not parts[-1].startswith(("test_", "conftest"))


def parts(before: str, now: str) -> Iterator[tuple[str, str]]:
    """(what is put back, the file with it)."""
    if before == now:
        return
    old, new = before.splitlines(keepends=True), now.splitlines(keepends=True)
    try:
        spans_before, spans = dict(_spans(ast.parse(before))), dict(_spans(ast.parse(now)))
    except SyntaxError:
        return
    for name, (first, last) in spans.items():
        if name in spans_before:
            start, end = spans_before[name]
            yield name, "".join([*new[: first - 1], *old[start - 1 : end], *new[last:]])
    inside = {line for first, last in spans.values() for line in range(first, last + 1)}
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        touched = set(range(k + 1, m + 1)) or {k + 1}
        if tag != "equal" and not touched & inside:
            yield f"lines {k + 1}-{max(m, k + 1)}", "".join([*new[:k], *old[i:j], *new[m:]])
    yield "the file", before


def _spans(tree: ast.Module) -> Iterator[tuple[str, tuple[int, int]]]:
    """(qualname, lines with decorators) of functions and methods that are defined once."""
    found: dict[str, list[tuple[int, int]]] = {}
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for each in inner:
            if isinstance(each, DEFINITIONS) and each.end_lineno is not None:
                first = min([each.lineno, *(one.lineno for one in each.decorator_list)])
                found.setdefault(prefix + each.name, []).append((first, each.end_lineno))
    for name, spans in found.items():
        if len(spans) == 1:
            yield name, spans[0]


def _differs(one: str, other: str) -> bool:
    """Tell whether the two parse, and differ in more than comments and formatting."""
    try:
        return ast.dump(ast.parse(one)) != ast.dump(ast.parse(other))
    except SyntaxError:
        return False
