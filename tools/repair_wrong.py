"""Wrong patches for a bug, as a careless model would propose them: drawn by rules, the same each time."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Iterator, Sequence

from accuracy_history import history
from repair_bugs import SEEDED, Bug, bugs, edited, edits, release

from tdad.facts_faults import Fault, FaultLevel
from tdad.source.mutations import break_file, faults_of, fits

MUTANT, ELSEWHERE, OLD = "right place, wrong", "another place, wrong", "a piece of another release"
IMPORT, NAME, GONE = "an import of nothing", "a name of nothing", "a definition renamed"
WRONG = (MUTANT, IMPORT, ELSEWHERE, NAME, OLD, GONE)
"""Kinds of wrong patches, in the order in which bugs take them as their first."""
_NEAR = 8
"""Lines."""
PROPOSED = 3
"""Wrong patches before the right one."""
Texts = dict[str, str]


def proposals(name: str, bug: Bug, number: int) -> list[tuple[str, Texts]]:
    """(kind, path → text) of wrong patches; ``number``: of the bug, which decides what comes first."""
    chance = random.Random(bug.key)  # noqa: S311 - a sample, not a secret
    right = release(name, bug.path)
    makers: dict[str, Callable[[], Iterator[Texts]]] = {
        MUTANT: lambda: _mutants(bug, right, chance),
        ELSEWHERE: lambda: _elsewhere(name, bug, right, chance),
        OLD: lambda: _old(name, bug, chance),
        IMPORT: lambda: _imports(bug, right),
        NAME: lambda: _names(bug, right),
        GONE: lambda: _gone(bug, right, chance),
    }
    found: list[tuple[str, Texts]] = []
    for kind in (*WRONG[number % len(WRONG) :], *WRONG[: number % len(WRONG)]):
        texts = next(makers[kind](), None)
        if texts is not None and len(found) < PROPOSED:
            found.append((kind, texts))
    return found


def _mutants(bug: Bug, right: bytes, chance: random.Random) -> Iterator[Texts]:
    """The right file with a fault where the bug is."""
    lines = {
        line for each in edits(right, bug.content) for line in range(each.first, each.last + 1)
    }
    around = [fault for fault in faults_of(bug.path, right) if fits(right, fault)]
    chosen = [fault for fault in around if _distance(fault, lines) <= _NEAR]
    chance.shuffle(chosen)
    chosen.sort(key=lambda fault: fault.level is not FaultLevel.FUNCTION)  # what a model edits
    for fault in chosen:
        text = break_file(right, fault)
        if text != bug.content:
            yield {bug.path: text.decode()}


def _distance(fault: Fault, lines: set[int]) -> int:
    return min((abs(fault.line - 1 - line) for line in lines), default=0)


def _elsewhere(name: str, bug: Bug, right: bytes, chance: random.Random) -> Iterator[Texts]:
    """The right change, and in another place a fault that is known to fail tests."""
    others = [each for each in bugs(name, SEEDED) if each.key != bug.key]
    chance.shuffle(others)
    for other in others:
        if other.path != bug.path:
            yield {bug.path: right.decode(), other.path: other.content.decode()}
            continue
        wanted = edits(right, other.content)
        if not any(one.overlaps(each) for one in wanted for each in edits(right, bug.content)):
            yield {bug.path: other.content.decode()}


def _old(name: str, bug: Bug, chance: random.Random) -> Iterator[Texts]:
    """Another change of the history, the bug left as it is: in the same file if there is one."""
    changes = [each for each in history(name) if each.what != "the file"]
    chance.shuffle(changes)
    for change in sorted(changes, key=lambda each: each.path != bug.path):
        if change.path != bug.path:
            yield {change.path: change.content}
            continue
        wanted = edits(release(name, bug.path), change.content.encode())
        own = edits(release(name, bug.path), bug.content)
        if not any(one.overlaps(other) for one in wanted for other in own):
            text = edited(release(name, bug.path), [*wanted, *own])
            yield {bug.path: text.decode()}


def _imports(bug: Bug, right: bytes) -> Iterator[Texts]:
    """The right change, with an import that cannot be done."""
    text = right.decode()
    found = re.search(r"^(from \.\w* import )(\w+)$", text, re.MULTILINE)
    if found is not None:
        line = f"{found[0]}\n{found[1]}{found[2]}_or_default\n"
        yield {bug.path: text.replace(f"{found[0]}\n", line, 1)}
    found = re.search(r"^import (\w+)$", text, re.MULTILINE)
    if found is not None:
        yield {
            bug.path: text.replace(f"{found[0]}\n", f"{found[0]}\nimport {found[1]}_tools\n", 1)
        }


def _names(bug: Bug, right: bytes) -> Iterator[Texts]:
    """The right change, with a name in it that is not there."""
    text = right.decode()
    lines = text.splitlines(keepends=True)
    for each in edits(right, bug.content):
        for at in range(each.first, each.last):
            for word in re.findall(r"\b[a-z_]{4,}\b(?=[.(\[])", lines[at]):
                new = [*lines[:at], lines[at].replace(word, f"{word}_value", 1), *lines[at + 1 :]]
                if _parses("".join(new)):
                    yield {bug.path: "".join(new)}


def _gone(bug: Bug, right: bytes, chance: random.Random) -> Iterator[Texts]:
    """The right change, and a function of the file renamed that others use."""
    text = right.decode()
    names = [node.name for node in _functions(ast.parse(text)) if not node.name.startswith("__")]
    chance.shuffle(names)
    for name in names:
        changed = re.sub(rf"\bdef {name}\b", f"def {name}_new", text, count=1)
        if len(re.findall(rf"\b{name}\b", text)) > 1:
            yield {bug.path: changed}


def _functions(tree: ast.Module) -> Sequence[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
