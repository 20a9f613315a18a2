"""Tests that have another node id on head: renamed, moved, or with other parameter ids. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tdad.facts import Change, ChangeKind


@dataclass(frozen=True)
class Renames:
    """Both directions of what is known about other names."""

    heads: Mapping[str, str] = field(default_factory=dict)
    """Prefix of node ids on the baseline (``path::Class::name`` or ``path``) → on head."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Whole node ids on head → on the baseline."""

    def old_id(self, node_id: str) -> str:
        """The node id on the baseline."""
        known = self.ids.get(node_id)
        if known is not None:
            return known
        base, bracket, parameters = node_id.partition("[")
        return _moved(base, self._olds) + bracket + parameters

    def new_id(self, node_id: str) -> str:
        """The node id on head of a test of the baseline, without parameters."""
        return _moved(node_id, self.heads)

    @cached_property
    def _olds(self) -> Mapping[str, str]:
        """Prefix on head → on the baseline; of several the first."""
        found: dict[str, str] = {}
        for old, new in self.heads.items():
            found.setdefault(new, old)
        return found


def _moved(node_id: str, prefixes: Mapping[str, str]) -> str:
    """The node id with the longest prefix that is known put in the place of another."""
    head, tail = node_id, ""
    while head not in prefixes:
        head, separator, last = head.rpartition("::")
        if not separator:
            return node_id
        tail = f"::{last}{tail}"
    return prefixes[head] + tail


def renames_of(changes: Iterable[Change], files: Iterable[tuple[str, str]]) -> Renames:
    """From changes of kind RENAMED, and (old path, new path) of renamed files."""
    heads = {}
    for change in changes:
        if change.kind is ChangeKind.RENAMED and (change.old_qualname or change.old_path):
            old = _node(change.old_path or change.path, change.old_qualname or change.qualname)
            new = _node(change.path, change.qualname)
            if old != new:
                heads[old] = new
    for before, after in files:
        heads.setdefault(before, after)
    longest_first = dict(sorted(heads.items(), key=lambda pair: (-len(pair[1]), pair)))
    return Renames(longest_first)


def other_parameters(gone: Sequence[str], new: Sequence[str], renames: Renames) -> Renames:
    """Match parameter sets of a function that are gone with new ones, in their order, if there are as many.

    Args:
        gone: Node ids that only the baseline has, in the order of its collection.
        new: Node ids that only head has, in the order of its collection.
        renames: What is known already.
    """
    before: dict[str, list[str]] = _by_function(gone)
    after: dict[str, list[str]] = {}
    for function, news in _by_function(new).items():
        after.setdefault(renames.old_id(function), []).extend(news)
    ids = dict(renames.ids)
    for function, olds in before.items():
        news = after.get(function, [])
        if len(olds) == len(news):
            ids |= dict(zip(news, olds, strict=True))
    return Renames(renames.heads, ids)


def _by_function(node_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for node_id in node_ids:
        base, bracket, _ = node_id.partition("[")
        if bracket:
            found[base].append(node_id)
    return found


def _node(path: str, qualname: str) -> str:
    return "::".join([path, *qualname.split(".")]) if qualname else path
