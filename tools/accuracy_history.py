"""Changes that really happened: the code of an earlier release put back under the tests of the measured one.

The package index keeps source distributions, not commits. What changed between two releases is taken apart: one
definition, one stretch of module-level lines, or one whole file at a time is what it was before, if it then differs in
more than comments, docstrings and annotations of functions, and if no name is missing that neither release misses (a
part alone may need another part). Whether a test fails is for the suite to say.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import chain, zip_longest
from pathlib import Path, PurePosixPath

from accuracy_record import recorded
from accuracy_setup import PAST, past_folder
from bench_setup import SUBJECTS

TESTS = {"test", "tests", "testing"}
NO_CODE = {"docs", "doc", "examples", "scripts", "tools"}
SEED = 1
FILE, LINES = "the file", "lines"
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef
BUILTINS = {*dir(builtins), "__file__", "__name__", "__doc__", "__path__", "__class__"}


@dataclass(frozen=True, slots=True)
class PutBack:
    """One change put back."""

    release: str
    path: str
    what: str
    """Qualname, ``lines 3-5``, or ``the file``."""
    content: str


def history(name: str) -> list[PutBack]:
    """Every change that can be put back: definitions, files and lines in turn, releases mixed; the same each time."""
    file = recorded(name).history
    if not file.exists():
        found = [asdict(change) for change in _history(name)]
        file.write_text(json.dumps(found), encoding="utf-8")
    return [PutBack(**change) for change in json.loads(file.read_text(encoding="utf-8"))]


def _history(name: str) -> list[PutBack]:
    found: dict[tuple[str, str], PutBack] = {}
    measured = past_folder(SUBJECTS[name])
    for archive in PAST[name]:
        for change in _between(past_folder(archive), measured, archive.version):
            found.setdefault((change.path, change.content), change)
    ordered = sorted(found.values(), key=lambda each: (each.path, each.what, each.release))
    random.Random(SEED).shuffle(ordered)  # noqa: S311 - a sample, not a secret
    sizes: dict[str, list[PutBack]] = {"definition": [], FILE: [], LINES: []}
    for change in ordered:
        size = LINES if change.what.startswith(f"{LINES} ") else change.what
        sizes.get(size, sizes["definition"]).append(change)
    return [each for each in chain.from_iterable(zip_longest(*sizes.values())) if each is not None]


def _between(old: Path, new: Path, release: str) -> Iterator[PutBack]:
    """What differs between the code of two releases, tests aside."""
    for file in sorted(new.rglob("*.py")):
        path = file.relative_to(new).as_posix()
        if not _is_code(path) or not (old / path).exists():
            continue
        before, now = (old / path).read_text("utf-8"), file.read_text("utf-8")
        for what, text in parts(before, now):
            yield PutBack(release, path, what, text)


def _is_code(path: str) -> bool:
    folders = PurePosixPath(path).parts[:-1]
    if not folders or folders[0] in NO_CODE or TESTS & set(folders):
        return False
    return not PurePosixPath(path).name.startswith(("test_", "conftest"))


def parts(before: str, now: str) -> Iterator[tuple[str, str]]:
    """(what is put back, the file with it)."""
    if before == now:
        return
    try:
        old, new = _Version(before), _Version(now)
    except SyntaxError:
        return
    known = old.missing | new.missing
    for what, text in (*_definitions(old, new), *_stretches(old, new)):
        try:
            version = _Version(text)
        except SyntaxError:
            continue
        if version.missing <= known and version.bare != new.bare:
            yield what, text
    if old.bare != new.bare:
        yield FILE, before


class _Version:
    """One text of a file.

    Raises:
        SyntaxError: it is none.
    """

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines(keepends=True)
        self.tree = ast.parse(text)
        self.missing = _missing(self.tree)

    @cached_property
    def spans(self) -> dict[str, tuple[ast.AST, tuple[int, int]]]:
        """Qualname → node and lines of functions and methods."""
        return dict(_spans(self.tree))

    @cached_property
    def dumps(self) -> dict[str, str]:
        """Qualname → what runs in it."""
        return {name: ast.dump(_Bare().visit(node)) for name, (node, _) in self.spans.items()}

    @cached_property
    def bare(self) -> str:
        """What runs, in a form that can be compared."""
        return ast.dump(_Bare().visit(self.tree))


def _definitions(old: _Version, new: _Version) -> Iterator[tuple[str, str]]:
    for name, (_, (first, last)) in new.spans.items():
        if name in old.spans and old.dumps[name] != new.dumps[name]:
            start, end = old.spans[name][1]
            lines = [*new.lines[: first - 1], *old.lines[start - 1 : end], *new.lines[last:]]
            yield name, "".join(lines)


def _stretches(old: _Version, new: _Version) -> Iterator[tuple[str, str]]:
    inside = {line for _, (first, last) in new.spans.values() for line in range(first, last + 1)}
    matcher = difflib.SequenceMatcher(None, old.lines, new.lines, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        touched = set(range(k + 1, m + 1)) or {k + 1}
        if tag != "equal" and not touched & inside:
            text = "".join([*new.lines[:k], *old.lines[i:j], *new.lines[m:]])
            yield f"{LINES} {k + 1}-{max(m, k + 1)}", text


def _spans(tree: ast.Module) -> Iterator[tuple[str, tuple[ast.AST, tuple[int, int]]]]:
    """(qualname, node and lines with decorators) of functions and methods that are defined once."""
    found: dict[str, list[tuple[ast.AST, tuple[int, int]]]] = {}
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for each in inner:
            if isinstance(each, DEFINITIONS) and each.end_lineno is not None:
                first = min([each.lineno, *(one.lineno for one in each.decorator_list)])
                found.setdefault(prefix + each.name, []).append((each, (first, each.end_lineno)))
    for name, spans in found.items():
        if len(spans) == 1:
            yield name, spans[0]


def _missing(tree: ast.Module) -> set[str]:
    """Names that are read and bound nowhere in the file."""
    read: set[str] = set()
    bound: set[str] = set(BUILTINS)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return read - bound


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
