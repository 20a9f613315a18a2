"""Changed statements that no test runs, in functions that tests do run; for recordings that have lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tdad.facts import Change, ChangeKind, Part, Site, Span

Executed = Callable[[str, str], frozenset[int]]
"""Path and digest of a version → the lines of it that any test executed; empty where no lines were recorded."""


def statements_not_run(
    changes: Iterable[Change], executed: Executed
) -> Iterator[tuple[Site, str]]:
    """Yield a line of the new version and the definition it is in, for each edited body that was run only elsewhere.

    An edited or removed statement was not run when none of its old lines was; an added one is taken to be run when
    anything of the suite was that it went into.
    """
    for change in changes:
        if change.kind is not ChangeKind.EDITED or change.part is not Part.BODY:
            continue
        lines = executed(change.old_path or change.path, change.old_digest)
        for span in _not_run(change, lines) if lines else ():
            yield Site(change.path, span.first), change.definition


def _not_run(change: Change, lines: frozenset[int]) -> Iterator[Span]:
    """Yield the new statements that stand for old ones that were not run; one by one, where each has its partner."""
    if len(change.old) == len(change.new):
        yield from (
            new for old, new in zip(change.old, change.new, strict=True) if not _ran(old, lines)
        )
    elif not any(_ran(span, lines) for span in change.old or change.around):
        yield from change.new[:1]


def _ran(span: Span, lines: frozenset[int]) -> bool:
    return any(line in lines for line in range(span.first, span.last + 1))
