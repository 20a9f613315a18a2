"""Read the case files: data, no API in sight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEADING = re.compile(r"^\[(\w+)(?: (.*))?\]$")


@dataclass
class Case:
    """One case: a project, a change, and the answer."""

    name: str
    source: str
    files: dict[str, str] = field(default_factory=dict)
    edits: dict[str, str] = field(default_factory=dict)
    deletes: list[str] = field(default_factory=list)
    renames: list[tuple[str, str]] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    impacts: dict[str, tuple[str, str]] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)
    precautions: list[str] = field(default_factory=list)


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of one file."""
    case: Case | None = None
    heading, argument, lines = "", "", []
    for line in [*path.read_text(encoding="utf-8").splitlines(), "[end]"]:
        found = HEADING.match(line)
        if found is None:
            lines.append(line)
            continue
        if case is not None:
            _take(case, heading, argument, lines)
        heading, argument, lines = found[1], found[2] or "", []
        if heading in {"case", "end"}:
            if case is not None:
                yield case
            case = Case(argument, path.name)


def _take(case: Case, heading: str, argument: str, lines: list[str]) -> None:
    text = "\n".join(lines).strip("\n") + "\n"
    words = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    if heading == "file":
        case.files[argument] = text
    elif heading == "edit":
        case.edits[argument] = text
    elif heading == "delete":
        case.deletes.append(argument)
    elif heading == "rename":
        old, new = argument.split()
        case.renames.append((old, new))
    elif heading == "environ":
        name, _, value = argument.partition("=")
        case.environ[name] = value
    elif heading == "options":
        case.options += argument.split()
    elif heading == "impacts":
        for word in words:
            case.impacts[word[0]] = (word[1], word[2] if len(word) > 2 else "")
    elif heading == "silent":
        case.silent += [word[0] for word in words]
    elif heading == "fails":
        case.fails += [word[0] for word in words]
    elif heading == "precaution":
        case.precautions += [line.strip() for line in lines if line.strip()]
    elif heading != "case":
        raise AssertionError(f"{case.source}: unknown heading [{heading}]")
