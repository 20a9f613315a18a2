"""The answer of ``tdad gate`` in any of its formats, on standard output or in a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from tdad.answers_gate import GateReport
from tdad.report.documents import dumps
from tdad.report.gate import gate_lines
from tdad.report.gate_github import github_text
from tdad.report.gate_gitlab import gitlab_text
from tdad.report.gate_json import gate_document
from tdad.report.gate_junit import junit_text
from tdad.report.gate_markdown import markdown_text
from tdad.report.gate_sarif import sarif_text
from tdad.report.lines import print_lines


class Writer(Protocol):
    """Makes a text of an answer."""

    def __call__(self, report: GateReport, /) -> str:
        """The text."""
        ...


def _json(report: GateReport) -> str:
    return dumps(gate_document(report))


def _text(report: GateReport) -> str:
    return "".join(f"{line.plain}\n" for line in gate_lines(report))


WRITERS: dict[str, Writer] = {
    "text": _text,
    "json": _json,
    "junit": junit_text,
    "markdown": markdown_text,
    "sarif": sarif_text,
    "github": github_text,
    "gitlab": gitlab_text,
}


def print_gate_as(report: GateReport, form: str) -> None:
    """Write the answer to standard output."""
    if form == "text":
        print_lines(gate_lines(report))
    else:
        sys.stdout.write(WRITERS[form](report))


def write_gate(report: GateReport, form: str, path: str) -> None:
    """Write the answer into a file; folders that are not there are made.

    Raises:
        OSError: it cannot be written.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(WRITERS[form](report), encoding="utf-8", errors="backslashreplace")
