"""How good the comparison of tests is: seeded weakenings of real tests, and real commits.

python tools/weakened.py seed FILE…             weakens each file in many ways; how many are found, for certain
python tools/weakened.py history REPO COMMITS   compares the tests of the newest commits of a clone; how many would fail
"""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tdad.facts_checks import Weakening
from tdad.facts_gate import POLICIES, Level, PolicyKind
from tdad.gate.tests_changed import compare_tests
from tdad.source.checks import read_checks, same_code

PER_KIND = 3
"""Faults of a kind that are tried in one file."""
Edit = tuple[str, str]
"""Kind, new text."""


class Editor:
    """Edits of one text, by nodes of its tree."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self._text = text
        self._lines = text.splitlines(keepends=True)

    def of(self, node: ast.expr | ast.stmt) -> str:
        """Source of a node."""
        return ast.get_source_segment(self._text, node) or ""

    def put(self, node: ast.expr | ast.stmt, text: str) -> str:
        """The text with another node."""
        assert node.end_lineno is not None
        first, last = node.lineno - 1, node.end_lineno - 1
        start = self._lines[first].encode()[: node.col_offset].decode()
        end = self._lines[last].encode()[node.end_col_offset :].decode()
        return "".join(self._lines[:first]) + start + text + end + "".join(self._lines[last + 1 :])

    def insert(self, line: int, text: str) -> str:
        """The text with another line before ``line``."""
        return "".join(self._lines[: line - 1]) + text + "".join(self._lines[line - 1 :])

    def cut(self, first: int, last: int, instead: str) -> str:
        """The text without some lines."""
        return "".join(self._lines[: first - 1]) + instead + "".join(self._lines[last:])


def edits(editor: Editor) -> Iterator[Edit]:
    """Yield every weakening of every test."""
    classes = [node for node in editor.tree.body if isinstance(node, ast.ClassDef)]
    for node in (*editor.tree.body, *(member for each in classes for member in each.body)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield from _of_test(editor, node)


def _of_test(editor: Editor, test: ast.FunctionDef) -> Iterator[Edit]:
    pad, inner = " " * test.col_offset, " " * test.body[0].col_offset
    first = (test.decorator_list[0] if test.decorator_list else test).lineno
    asserts = [node for node in ast.walk(test) if isinstance(node, ast.Assert)]
    yield "skip mark", editor.insert(first, f'{pad}@pytest.mark.skip(reason="x")\n')
    yield "xfail mark", editor.insert(first, f"{pad}@pytest.mark.xfail\n")
    if (
        asserts
        and test.body[0].lineno > test.lineno
        and not isinstance(test.body[0], ast.FunctionDef)
    ):
        yield "early return", editor.insert(test.body[0].lineno, f"{inner}return\n")
        yield "skip call", editor.insert(test.body[0].lineno, f'{inner}pytest.skip("x")\n')
    if asserts:
        assert test.end_lineno is not None
        yield "delete test", editor.cut(first, test.end_lineno, f"{pad}pass\n")
    for each in asserts:
        yield from _of_assert(editor, each)
    for node in ast.walk(test):
        if isinstance(node, ast.Call):
            yield from _of_call(editor, node)


def _of_assert(editor: Editor, node: ast.Assert) -> Iterator[Edit]:
    pad, text = " " * node.col_offset, editor.of(node)
    yield "delete assert", editor.put(node, "pass")
    yield "assert True", editor.put(node, "assert True")
    yield "try", editor.put(node, f"try:\n{pad}    {text}\n{pad}except Exception:\n{pad}    pass")
    yield "if", editor.put(node, f"if something:\n{pad}    {text}")
    match node.test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            one, other = editor.of(left), editor.of(right)
            looked = other if isinstance(left, ast.Constant) else one
            yield "== to truth", editor.put(node, f"assert {looked}")
            yield "== to not None", editor.put(node, f"assert {looked} is not None")
            yield "== to in", editor.put(node, f"assert ({one}) in [{other}, 1]")
            yield "== to or", editor.put(node, f"assert ({one}) == ({other}) or something()")


def _of_call(editor: Editor, node: ast.Call) -> Iterator[Edit]:
    name = getattr(node.func, "attr", "")
    if name == "raises" and node.args:
        if editor.of(node.args[0]) not in {"Exception", "BaseException"}:
            yield "raises Exception", editor.put(node.args[0], "Exception")
        if any(each.arg == "match" for each in node.keywords) and len(node.args) == 1:
            yield "no match", editor.put(node, f"pytest.raises({editor.of(node.args[0])})")
    if name == "parametrize" and len(node.args) > 1 and isinstance(node.args[1], ast.List):
        rows = node.args[1].elts
        if len(rows) > 1:
            kept = ", ".join(editor.of(row) for row in rows[:-1])
            yield "drop row", editor.put(node.args[1], f"[{kept}]")


def seed(paths: list[str]) -> None:
    """Weaken files, print what is found of each kind."""
    chance = random.Random(7)  # noqa: S311 - a sample that can be drawn again
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for path in paths:
        text = Path(path).read_text(encoding="utf-8")
        old = read_checks({"test.py": text.encode()})
        every = list(edits(Editor(text)))
        chance.shuffle(every)
        tried: Counter[str] = Counter()
        for kind, new in every:
            if tried[kind] < PER_KIND and _parses(new):
                tried[kind] += 1
                weakenings = compare_tests(old, read_checks({"test.py": new.encode()})).weakenings
                certain = any(each.certain and _serious(each) for each in weakenings)
                said = "found" if certain else "warned" if weakenings else "missed"
                found[kind][said] += 1
                if said == "missed":
                    print(f"missed: {path}: {kind}", file=sys.stderr)
    for kind, numbers in sorted(found.items()):
        print(f"{kind:18} {dict(numbers)}")
    print(f"{'all':18} {dict(sum(found.values(), Counter()))}")


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _serious(each: Weakening) -> bool:
    return each.kind is not PolicyKind.EXPECTED_VALUE


def history(repository: str, number: str) -> None:
    """Compare the tests of real commits, print what would fail a gate, and the numbers."""
    log = _git(repository, "log", "--no-merges", "--format=%H", "-n", number, "--", "*test_*.py")
    total: Counter[str] = Counter()
    for commit in log.decode().split():
        old, new, renamed = _versions(repository, commit)
        weakenings = compare_tests(read_checks(old), read_checks(new), renamed).weakenings
        kinds = {each.kind for each in weakenings}
        failing = [w for w in weakenings if w.certain and POLICIES[w.kind].default is Level.FAIL]
        total.update(["commits", *(f"with {kind}" for kind in kinds)])
        total["would fail"] += bool(failing)
        for each in failing:
            change = f"{each.old} → {each.new}" if each.new else each.old
            print(
                f"{commit[:10]} {each.test or each.path}:{each.line} {each.message}: {change}",
                flush=True,
            )
    print(dict(total))


Files = dict[str, bytes]


def _versions(repository: str, commit: str) -> tuple[Files, Files, dict[str, str]]:
    names = ("diff-tree", "-r", "-M", "--name-status", "-z", "--no-commit-id", commit)
    words = iter(_git(repository, *names).decode().split("\0"))
    old: Files = {}
    new: Files = {}
    renamed: dict[str, str] = {}
    for status in words:
        if not status:
            break
        before = after = next(words)
        if status[0] in "RC":
            after = next(words)
        if "test" not in after or not after.endswith(".py"):
            continue
        was = _git(repository, "show", f"{commit}^:{before}") if status[0] != "A" else None
        now = _git(repository, "show", f"{commit}:{after}") if status[0] != "D" else None
        if was is not None and now is not None and same_code(was, now):
            continue
        if was is not None:
            old[before] = was
        if now is not None:
            new[after] = now
        if status[0] == "R":
            renamed[before] = after
    return old, new, renamed


def _git(repository: str, *args: str) -> bytes:
    return subprocess.run(["git", "-C", repository, *args], capture_output=True, check=True).stdout


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["seed", *paths] if paths:
            seed(paths)
        case ["history", repository, number]:
            history(repository, number)
        case _:
            sys.exit(__doc__)
