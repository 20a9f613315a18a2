"""Rule 7: from affected code to who asks a memoised function that may keep results of it."""

from __future__ import annotations

from tdad.facts import DefinitionKind, Evidence, ReferenceKind
from tdad.graph.impacts.classes import split
from tdad.graph.impacts.memo import MISSING, Memo
from tdad.graph.impacts.search import Search
from tdad.graph.impacts.trails import Trail


def cached(search: Search, definition: str, trail: Trail) -> None:
    """Results of affected code may be kept by a memoised function; whoever asks it is affected too."""
    if search.through_caches and search.first(("cached", definition, trail.requires)):
        for memo in search.memos.over(definition):
            kept(search, memo, trail)


def kept(search: Search, memo: Memo, trail: Trail) -> None:
    """The memoised function may keep an affected result: whoever asks it is affected."""
    step = trail.then("may be cached by", memo.definition, evidence=Evidence.DERIVED)
    path, qualname = split(memo.definition)
    if memo.by_hand:
        # it looks into its store itself, so whoever may get an old result enters it
        narrowed = step.only(search.memos.strangers(memo.definition)) if memo.lazy else step
        search.executed(path, qualname, narrowed)
    elif qualname.endswith(f".{MISSING}"):
        search.tests(search.users_of_class(f"{path}::{qualname.rpartition('.')[0]}"), step)
    else:
        _called(search, memo, step)


def _called(search: Search, memo: Memo, trail: Trail) -> None:
    """Functions that call the memoised one: it is not entered when it has the result."""
    for edge in search.world.now.readers(memo.definition):
        path, qualname = split(edge.source)
        reader = search.world.definition(path, qualname)
        if (
            reader is not None
            and reader.kind is DefinitionKind.FUNCTION
            and edge.kind is not ReferenceKind.IMPORT
        ):
            step = trail.then("called by", edge.source, edge.weight, Evidence.DERIVED)
            search.executed(path, qualname, step, edge.line)
