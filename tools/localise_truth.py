"""What has to change of a fault: the lines of the wrong version, and the definitions that they are of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tdad.facts import Definition, DefinitionKind, FileFacts


@dataclass(frozen=True, slots=True)
class Stretch:
    """One place where the versions differ. Lines are 1-based; blank ones are left out: nobody looks for them."""

    wrong: tuple[int, ...]
    """Lines to change; empty: something is missing."""
    around: tuple[int, ...]
    """Where something is missing, the lines next to it."""
    right: tuple[int, ...]
    """Lines of the right version."""

    @property
    def place(self) -> tuple[int, ...]:
        """Lines of the wrong version that somebody has to see to make the change."""
        return self.wrong or self.around


def stretches(wrong: bytes, right: bytes) -> tuple[Stretch, ...]:
    """Places where two versions differ, in more than blank lines."""
    old, new = (data.decode("utf-8").splitlines() for data in (wrong, right))
    found = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        lines, others = _written(old, range(i + 1, j + 1)), _written(new, range(k + 1, m + 1))
        if tag != "equal" and (lines or others):
            beside = range(max(1, i), min(len(old), j + 1) + 1)
            found.append(Stretch(lines, _written(old, beside), others))
    return tuple(found)


def _written(text: Sequence[str], lines: Iterable[int]) -> tuple[int, ...]:
    return tuple(line for line in lines if text[line - 1].strip())


def truth(wrong: FileFacts, right: FileFacts, changed: Sequence[Stretch]) -> tuple[str, ...]:
    """Definitions that have to change: the innermost around the lines; of an import, what it is in as well.

    Where something is missing, they are the ones that will have it (a decorator is its function's), and if there are
    none yet, the ones next to the place.
    """
    known = {each.qualname for each in wrong.definitions}
    found: set[str] = set()
    for stretch in changed:
        having = {name for line in stretch.right for name in _innermost(right, line)}
        if not stretch.wrong and having <= known:
            found |= having
        else:
            found |= {name for line in stretch.place for name in _innermost(wrong, line)}
    return tuple(sorted(f"{wrong.path}::{each}" for each in found))


def _innermost(facts: FileFacts, line: int) -> tuple[str, ...]:
    around = [each for each in facts.definitions if _holds(each, line)]
    inner = max(around, key=lambda each: (each.span.first, -each.span.last))
    if "import" in inner.flags:
        return inner.qualname, facts.definitions[inner.parent].qualname
    return (inner.qualname,)


def _holds(definition: Definition, line: int) -> bool:
    return definition.kind is DefinitionKind.MODULE or line in definition.span
