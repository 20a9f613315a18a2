r"""The answer of ``tdad gate`` as workflow commands of GitHub: annotations.

Of a step ten errors and ten warnings are shown, and the rest is dropped without a word; so the tenth says how many more
there are. What comes from the repository is escaped: no line break, no second command, no further property.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tdad.answers_gate import GateReport
from tdad.facts_gate import Finding, Judged
from tdad.report.gate_words import (
    Place,
    by_weight,
    groups,
    heading,
    more,
    place,
    place_of,
    printable,
    sentence,
    shortened,
    title,
)

_SHOWN = 10
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}

Annotation = tuple[Place | None, str, str]
"""Place, title, message."""


def github_text(report: GateReport) -> str:
    """Return one command a line; empty when there is nothing to annotate."""
    failing, warnings = by_weight(report.findings)
    errors: list[Annotation] = [(None, heading(report), text) for text in report.undecided]
    errors += [_of_tests(group, report.folder) for group in groups(report.gating)]
    errors += [_of_finding(finding, report.folder) for finding in failing]
    lines = [
        *_commands("error", errors),
        *_commands("warning", [_of_finding(finding, report.folder) for finding in warnings]),
    ]
    return "".join(f"{line}\n" for line in lines)


def _of_tests(group: Sequence[Judged], folder: str) -> Annotation:
    test = group[0]
    text = "\n".join(part for part in (sentence(test), more(group)) if part)
    return place(test, folder), f"{title(test)}: {test.node_id}", text


def _of_finding(finding: Finding, folder: str) -> Annotation:
    about = f"{finding.kind}: {finding.test or finding.path}"
    return place_of(finding, folder), about, f"{finding.message}\n{finding.detail}".strip()


def _commands(kind: str, annotations: Sequence[Annotation]) -> Iterator[str]:
    shown = annotations if len(annotations) <= _SHOWN else annotations[: _SHOWN - 1]
    for where, name, message in shown:
        yield command(kind, where, name, message)
    if left := len(annotations) - len(shown):
        yield command(
            kind, None, "tdad gate", f"and {left:,} more; all of them are in the job summary"
        )


def command(kind: str, where: Place | None, name: str, message: str) -> str:
    """Return one workflow command."""
    properties = {"file": where.path, "line": str(where.line)} if where is not None else {}
    properties["title"] = shortened(name, 200)
    given = ",".join(f"{key}={_escaped(value, _PROPERTY)}" for key, value in properties.items())
    return f"::{kind} {given}::{_escaped(shortened(message or name), _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in printable(text, keep="\r\n\t"))
