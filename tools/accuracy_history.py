"""Changes that really happened: the code of an earlier release put back under the tests of the measured one.

The package index keeps source distributions, not commits. What changed between two releases is taken apart: one
definition, one stretch of module-level lines, or one whole file at a time is what it was before, if it then parses and
differs in more than comments, docstrings and annotations of functions. Whether a test fails is for the suite to say.
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
        if before == now:
            continue
        bare = _bare(now)
        for what, text in parts(before, now):
            if text != now and _bare(text) not in {None, bare}:
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


class _Bare(ast.NodeTransformer):
    """Without annotations of functions and without docstrings: no test fails because of these."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Of a function."""
        return self._bare(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Of a coroutine function."""
        return self._bare(node)

    def _bare(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        every = node.args
        for each in (
            *every.posonlyargs,
            *every.args,
            *every.kwonlyargs,
            every.vararg,
            every.kwarg,
        ):
            if each is not None:
                each.annotation = None
        if ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.Pass()
        self.generic_visit(node)
        return node


def _bare(text: str) -> str | None:
    """What runs, in a form that can be compared; ``None``: it does not parse."""
    try:
        return ast.dump(_Bare().visit(ast.parse(text)))
    except SyntaxError:
        return None
