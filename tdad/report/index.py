"""The answer of ``tdad index``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tdad.answers import IndexSummary
from tdad.report import words
from tdad.report.documents import dumps, index_document
from tdad.report.lines import Line, line, print_lines, prose


def print_index(summary: IndexSummary, *, as_json: bool) -> None:
    """Write the answer to standard output."""
    if as_json:
        sys.stdout.write(dumps(index_document(summary)))
    else:
        print_lines(index_lines(summary))


def index_lines(summary: IndexSummary) -> Iterator[Line]:
    """The whole text."""
    yield line(
        (words.count(summary.files, "file"), "bold"),
        f" ({summary.parsed:,} parsed, {summary.files - summary.parsed:,} unchanged), ",
        (words.count(summary.definitions, "definition"), "bold"),
        f", {words.count(summary.references, 'reference')}, {words.seconds(summary.seconds)}",
    )
    for path, error in summary.errors:
        yield prose((path, "bold"), (" does not parse: ", "red"), error)
