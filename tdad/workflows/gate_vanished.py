"""Tests at risk that head does not find; of those that its text still has something keeps them from running."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tdad import source
from tdad.facts import ChangeKind, FileFacts
from tdad.gate.renames import Renames
from tdad.workflows.gate_head import HeadRun
from tdad.workflows.gate_select import Selected
from tdad.workflows.gate_spots import as_many, function_of


def vanished(head: HeadRun, selected: Selected) -> tuple[str, ...]:
    """Selected tests that head does not have though their files were looked into, in the order of the selection."""
    looked = frozenset(head.looked_into)
    there = {*head.collected, *(name.partition("[")[0] for name in head.collected)}
    late = frozenset(head.late)
    others = as_many(selected.before, head.collected)
    rows: dict[str, list[str]] = defaultdict(list)
    for name in selected.before:
        rows[name.partition("[")[0]].append(name)
    return tuple(
        name
        for chosen in selected.ids
        for name in rows.get(chosen, [chosen])
        if "::" in name
        and name.partition("::")[0] in looked
        and name not in there
        and name not in late
        and function_of(name) not in others
        and not any(name == each or name.startswith(f"{each}::") for each in head.uncollected)
    )


def standing(
    root: Path, head: HeadRun, names: Iterable[str], selected: Selected, renames: Renames
) -> frozenset[str]:
    """Those of some tests of the baseline that the text of head still has, and of which it collects no parameter set.

    Args:
        root: Of head.
        head: What it collected.
        names: Node ids on the baseline.
        selected: Its changes say which definitions are gone.
        renames: From baseline to head.
    """
    changes = selected.answer.changes if selected.answer is not None else ()
    gone = {
        (change.old_qualname or change.qualname).rpartition(".")[2]
        for change in changes
        if change.kind in {ChangeKind.REMOVED, ChangeKind.RENAMED}
    }
    collected = {name.partition("[")[0] for name in head.collected}
    files: dict[str, frozenset[str]] = {}
    found = set()
    for name in names:
        now = renames.new_id(name.partition("[")[0])
        path, _, qualname = now.partition("::")
        if now in collected:
            continue
        if path not in files:
            files[path] = _definitions(root / path)
        scope, _, last = qualname.rpartition("::")
        if qualname in files[path] or (scope and scope in files[path] and last not in gone):
            found.add(name)
    return frozenset(found)


def _definitions(file: Path) -> frozenset[str]:
    """The definitions of a Python file, as node ids without the path name them; none, if it is not there."""
    try:
        facts: FileFacts = source.index(file.name, file.read_bytes())
    except OSError:
        return frozenset()
    return frozenset(d.qualname.replace(".", "::") for d in facts.definitions)
