"""Read the case files: data, no API in sight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEADINGS = (
    "case|limit|python|options|in|ask|file|edit|replace|delete|rename|environ|record|impacts|silent|fails|precaution|end"
)
HEADING = re.compile(rf"^\[({HEADINGS})(?: (.*))?\]$")
"""Only known words: ``[pytest]`` in a file's text is text."""


@dataclass
class Stage:
    """What is done to the project between two recordings, or before the question."""

    edits: dict[str, str] = field(default_factory=dict)
    replaces: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, old text that stands there once, new text; no old text: the new one is added at the end."""
    deletes: list[str] = field(default_factory=list)
    renames: list[tuple[str, str]] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    """Arguments of the recording at the end of the stage."""


@dataclass
class Case:
    """One case: a project, a change, and the answer."""

    name: str
    source: str
    files: dict[str, str] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=lambda: [Stage()])
    """The last one is asked about; after each other one the tests are recorded again."""
    options: list[str] = field(default_factory=list)
    python: tuple[int, ...] = (3, 8)
    """The first version that can read the project's source."""
    folder: str = "."
    asked_by_pytest: bool = False
    recorded: bool = True
    """False: nothing is recorded, the code is only indexed."""
    impacts: dict[str, tuple[str, str]] = field(default_factory=dict)
    silent: dict[str, bool] = field(default_factory=dict)
    """Node id → whether only recorders that see import-time statements can tell."""
    limit: str = ""
    """Why the product cannot know this one; ``docs/explanation/known-limits.md`` says it as well."""
    fails: list[str] = field(default_factory=list)
    precautions: list[str] = field(default_factory=list)

    @property
    def extra(self) -> list[str]:
        """Tests that are selected although the change does not break them; a function counts once."""
        broken = {*self.fails, *(node_id.partition("[")[0] for node_id in self.fails)}
        return [
            node_id
            for node_id in self.impacts
            if node_id not in broken and node_id.partition("::")[0] not in broken
        ]


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
    if heading not in {"file", "edit", "replace"} and any(line.startswith("[") for line in lines):
        raise AssertionError(f"{case.source}: unknown heading in [{heading}] of {case.name}")
    stage = case.stages[-1]
    if heading == "limit":
        case.limit = argument
    elif heading == "file":
        case.files[argument] = text
    elif heading == "edit":
        stage.edits[argument] = text
    elif heading == "replace":
        stage.replaces += [(argument, old, new) for old, new in _hunks(lines)]
    elif heading == "delete":
        stage.deletes.append(argument)
    elif heading == "rename":
        old, new = argument.split()
        stage.renames.append((old, new))
    elif heading == "environ":
        name, _, value = argument.partition("=")
        stage.environ[name] = value
    elif heading == "record":
        stage.options = argument.split()[1:]
        case.stages.append(Stage())
    elif heading == "impacts":
        for word in words:
            case.impacts[word[0]] = (word[1], word[2] if len(word) > 2 else "")
    else:
        _take_list(case, heading, argument, words, lines)


def _hunks(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Old and new text of each run of lines that begin with ``- ``, then ``+ ``."""
    text = "".join(f"{line}\n" for line in lines)
    for hunk in re.finditer(r"((?:^-.*\n)*)((?:^\+.*\n)*)", text, re.MULTILINE):
        if hunk[0]:
            old, new = ("".join(f"{line[2:]}\n" for line in part.splitlines()) for part in hunk.groups())
            yield old, new


def _take_list(
    case: Case, heading: str, argument: str, words: list[list[str]], lines: list[str]
) -> None:
    if heading == "options":
        case.options += argument.split()
    elif heading == "python":
        case.python = tuple(map(int, argument.split(".")))
    elif heading == "in":
        case.folder = argument
    elif heading == "ask":
        case.asked_by_pytest = argument == "pytest"
        case.recorded = argument != "static"
    elif heading == "silent":
        case.silent |= {word[0]: word[1:] == ["statements"] for word in words}
    elif heading == "fails":
        case.fails += [word[0] for word in words]
    elif heading == "precaution":
        case.precautions += [line.strip() for line in lines if line.strip()]
