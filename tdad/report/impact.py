"""The answer of ``tdad impact``: a ranked table, node ids, files, or JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from tdad.answers import ImpactReport, MapState
from tdad.facts import Answer, Change, Evidence, Impact
from tdad.report import changes, words
from tdad.report.documents import dumps, impact_document
from tdad.report.lines import BLANK, Line, Piece, line, print_lines, prose

TESTS_IN_TEXT = 50
CHANGES_IN_TEXT = 12
NAMES_IN_TEXT = 8

STYLES = {
    Evidence.OBSERVED: "bold green",
    Evidence.DERIVED: "green",
    Evidence.STATIC: "cyan",
    Evidence.PRECAUTION: "yellow",
}

Place = Callable[[str], str]
"""Turns a name relative to the root into one relative to the working directory."""


def print_impact(
    report: ImpactReport, *, form: str, limit: int | None, place: Place = str
) -> None:
    """Write the answer to standard output.

    Args:
        report: What to say.
        form: ``text``, ``ids``, ``files`` or ``json``.
        limit: At most so many tests; ``None``: all, in text :data:`TESTS_IN_TEXT`.
        place: Names in text, ids and files pass through it; those in JSON do not.
    """
    ids = [impact.node_id for impact in report.answer.impacts[:limit]]
    match form:
        case "json":
            sys.stdout.write(dumps(impact_document(report, limit)))
        case "ids":
            sys.stdout.writelines(f"{place(node_id)}\n" for node_id in ids)
        case "files":
            files = dict.fromkeys(node_id.partition("::")[0] for node_id in ids)
            sys.stdout.writelines(f"{place(path)}\n" for path in files)
        case _:
            print_lines(impact_lines(report, limit=limit or TESTS_IN_TEXT, place=place))


def impact_lines(report: ImpactReport, *, limit: int, place: Place = str) -> Iterator[Line]:
    """The whole text: changes, precautions, the table, what no test reaches, the map."""
    answer = report.answer
    yield _summary(answer)
    yield from _changes(answer.changes, place)
    yield from _precautions(answer)
    if answer.impacts:
        yield BLANK
        yield from _table(answer.impacts, limit, place)
    yield from _leftovers(answer, place)
    yield BLANK
    yield from _map(report.map)


def _summary(answer: Answer) -> Line:
    changed = words.count(len(answer.changes), "change") if answer.changes else "No change"
    total = words.count(answer.total_tests, "test")
    if not answer.impacts:
        return line((f"{changed}, no test at risk", "bold"), f" of {total}")
    return line((f"{changed}, {len(answer.impacts):,} of {total} at risk", "bold"))


def _changes(found: tuple[Change, ...], place: Place) -> Iterator[Line]:
    for change in found[:CHANGES_IN_TEXT]:
        yield line(
            (place(changes.name(change)), "bold"),
            (f"  {changes.headline(change)}", "dim"),
            indent=2,
        )
    if len(found) > CHANGES_IN_TEXT:
        more = len(found) - CHANGES_IN_TEXT
        yield line(
            (f"… and {words.count(more, 'more change')}; all of them: --json", "dim"), indent=2
        )


def _precautions(answer: Answer) -> Iterator[Line]:
    if answer.precautions:
        yield BLANK
    for sentence in answer.precautions:
        yield prose(("PRECAUTION", "bold black on yellow"), f" {sentence}")


def _table(impacts: tuple[Impact, ...], limit: int, place: Place) -> Iterator[Line]:
    shown = impacts[:limit]
    digits = max(3, len(str(len(shown))))
    yield line((f"{'#':>{digits}}  risk  evidence    test", "dim"))
    for rank, impact in enumerate(shown, start=1):
        yield line(
            (f"{rank:>{digits}}  ", "dim"),
            f"{impact.score:.2f}  ",
            (f"{impact.evidence!s:<10}  ", STYLES[impact.evidence]),
            (place(impact.node_id), "bold"),
        )
        yield prose((impact.because, "dim"), indent=digits + 2)
    if len(impacts) > limit:
        yield prose(
            (f"… and {len(impacts) - limit:,} more; all of them: --limit {len(impacts)}", "dim"),
            (", or --format ids", "dim"),
            indent=digits + 2,
        )


def _leftovers(answer: Answer, place: Place) -> Iterator[Line]:
    """What the table does not show: changes that no test reaches or that cannot matter."""
    unreached = [line(place(definition), indent=2) for definition in answer.unreached]
    safe = [
        line(place(definition), (f"  {reason}", "dim"), indent=2)
        for definition, reason in sorted(answer.safe.items())
    ]
    yield from _section(("No test reaches", "bold red"), unreached)
    yield from _section(("Selects nothing", "bold"), safe)


def _section(title: Piece, items: list[Line]) -> Iterator[Line]:
    if not items:
        return
    yield BLANK
    yield line(title)
    yield from items[:NAMES_IN_TEXT]
    if len(items) > NAMES_IN_TEXT:
        yield line((f"… and {len(items) - NAMES_IN_TEXT:,} more; all: --json", "dim"), indent=2)


def _map(state: MapState) -> Iterator[Line]:
    if state.kind == "static" or state.age_s is None:
        yield prose(
            ("Map: static only, nothing was recorded. Better: pytest --tdad-map", "yellow")
        )
        return
    text = f"Map: recorded {words.ago(state.age_s)}, by {state.granularity}"
    if state.stale_files:
        text += f"; {words.count(state.stale_files, 'file')} changed since"
    yield prose((f"{text}.", "dim"))
