"""The answer of ``tdad doctor``: a list of checks, or JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from tdad.answers_doctor import Check, DoctorReport, Health, ServerReport
from tdad.report.documents import dumps
from tdad.report.lines import BLANK, Line, line, print_lines, prose

MARKS = {
    Health.GOOD: ("ok  ", "bold green"),
    Health.POOR: ("poor", "bold yellow"),
    Health.BAD: ("BAD ", "bold red"),
}


def print_doctor(report: DoctorReport, *, as_json: bool) -> None:
    """Write the answer to standard output."""
    if as_json:
        sys.stdout.write(dumps(doctor_document(report)))
    else:
        print_lines(doctor_lines(report))


def doctor_document(report: DoctorReport) -> dict[str, Any]:
    """``tdad.doctor/1``."""
    return {
        "schema": "tdad.doctor/1",
        "project": [asdict(check) for check in report.project],
        "servers": [
            {
                "base_url": server.base_url,
                "usable": server.usable,
                "checks": [asdict(check) for check in server.checks],
                "capabilities": server.capabilities,
            }
            for server in report.servers
        ],
        "looked_at": list(report.looked_at),
        "start": report.start,
    }


def doctor_lines(report: DoctorReport) -> Iterator[Line]:
    """The whole text."""
    yield line(("Project", "bold"))
    yield from _checks(report.project)
    for server in report.servers:
        yield BLANK
        yield line((server.base_url, "bold"))
        yield from _checks(server.checks)
    if not report.servers:
        yield BLANK
        yield line(("Server", "bold"))
        found = f"nobody answers at {', '.join(report.looked_at)}"
        yield from _checks([Check("server", Health.BAD, found, report.start)])
    yield BLANK
    yield _summary(report)


def _checks(checks: Iterable[Check]) -> Iterator[Line]:
    for check in checks:
        yield prose(MARKS[check.health], f"  {check.name}: {check.found}", indent=2)
        if check.remedy:
            yield prose((f"→ {check.remedy}", "cyan"), indent=8)


def _summary(report: DoctorReport) -> Line:
    usable = [server for server in report.servers if server.usable]
    if not usable:
        return line(("No usable server.", "bold red"))
    bad = [check for check in all_checks(report) if check.health is Health.BAD]
    if bad:
        return line((f"{len(bad)} to put right.", "bold red"))
    return line(("All there.", "bold green"))


def all_checks(report: DoctorReport) -> list[Check]:
    """Those of the project and of all servers."""
    return [*report.project, *(check for server in report.servers for check in _of(server))]


def _of(server: ServerReport) -> tuple[Check, ...]:
    return server.checks
