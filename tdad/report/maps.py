"""The answers of ``tdad map``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from tdad.answers import MapEntry, MapStats
from tdad.report import words
from tdad.report.documents import dumps, entry_document, stats_document
from tdad.report.impact import Place
from tdad.report.lines import BLANK, Line, line, print_lines

ITEMS_IN_TEXT = 200


def print_stats(stats: MapStats, *, as_json: bool) -> None:
    """Write the answer to standard output."""
    if as_json:
        sys.stdout.write(dumps(stats_document(stats)))
    else:
        print_lines(stats_lines(stats))


def stats_lines(stats: MapStats) -> Iterator[Line]:
    """The whole text."""
    rows = {
        "map": f"{stats.path} ({words.size(stats.size_bytes)}, schema {stats.schema_version})",
        "tests": _tests(stats),
        "code": ", ".join(
            (
                words.count(stats.files, "file"),
                words.count(stats.definitions, "definition"),
                words.count(stats.references, "reference"),
            )
        ),
        "recorded": _recorded(stats),
    }
    if stats.recorded_at is not None:
        rows["observed"] = (
            f"{words.count(stats.observations, 'observation')},"
            f" {words.count(stats.data_files, 'data file')}"
        )
    if stats.flaky:
        rows["flaky"] = f"{words.count(stats.flaky, 'test')}, as gates found out"
    if stats.stale_files:
        rows["stale"] = f"{words.count(stats.stale_files, 'file')} changed since"
    for label, value in rows.items():
        yield line((f"{label:<10}", "bold"), value)


def _tests(stats: MapStats) -> str:
    if not stats.tests:
        return "none recorded. Record them: pytest --tdad-map"
    statuses = ", ".join(
        f"{number:,} {status}" for status, number in sorted(stats.statuses.items())
    )
    return f"{stats.tests:,} ({statuses}), {words.seconds(stats.duration_s)}"


def _recorded(stats: MapStats) -> str:
    if stats.recorded_at is None:
        return "never"
    when = datetime.fromtimestamp(stats.recorded_at, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{when}, by {stats.granularity}, with {stats.recorder} on {stats.python}"


def print_entry(entry: MapEntry, *, as_json: bool, place: Place = str) -> None:
    """Write the answer to standard output."""
    if as_json:
        sys.stdout.write(dumps(entry_document(entry)))
    else:
        print_lines(entry_lines(entry, place))


def entry_lines(entry: MapEntry, place: Place = str) -> Iterator[Line]:
    """The whole text."""
    yield line((place(entry.name), "bold"), (f"  {entry.kind}", "dim"))
    for label, value in entry.details.items():
        yield line((f"{label:<12}", "dim"), value, indent=2)
    for title, items in entry.sections.items():
        yield BLANK
        yield line((f"{title} ({len(items):,})", "bold"))
        for item in items[:ITEMS_IN_TEXT]:
            yield line(place(item), indent=2)
        if len(items) > ITEMS_IN_TEXT:
            more = f"… and {len(items) - ITEMS_IN_TEXT:,} more; all of them: --json"
            yield line((more, "dim"), indent=2)


@contextmanager
def export_target(form: str, output: TextIO | None, *, root: Path) -> Iterator[TextIO]:
    """Where an export goes: to ``output``, else the test map to its place and the rest to stdout.

    The file appears under its name only when it is complete.
    """
    if output is not None or form != "testmap":
        yield sys.stdout if output is None else output
        return
    target = root / ".tdad" / "test_map.txt"
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_suffix(".partial")
    try:
        with unfinished.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as out:
            yield out
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    print_lines([line(f"wrote {target}")], sys.stderr)
