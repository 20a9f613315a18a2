"""What a change does besides breaking code: the texts are read and compared, the policies asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tdad import source
from tdad.answers_gate import GateReport
from tdad.config import GateSettings, gate_settings, levels_of
from tdad.config.toml import toml_of, tool_table
from tdad.errors import ConfigInvalid, ConfigUnknownKey, TdadError
from tdad.facts import PASSING, Answer, ChangeKind, FileVersion, Site
from tdad.facts_gate import (
    Asked,
    Attempt,
    Finding,
    Level,
    PolicyKind,
)
from tdad.gate.crossing import CrossingPlan, crossing_plan
from tdad.gate.policy import PolicyQuestion, findings
from tdad.gate.tests_changed import Code, Compared, compare_tests
from tdad.graph.tests_of import Patterns
from tdad.runner.witnessed import Wanted
from tdad.workflows.faults import is_test_code
from tdad.workflows.gate_configured import not_found_any_more
from tdad.workflows.gate_crossing import crossed
from tdad.workflows.gate_ground import Field
from tdad.workflows.gate_head import limits_of
from tdad.workflows.gate_verdicts import Heard
from tdad.workflows.impact import patterns
from tdad.workflows.project import Project

_UNITTEST = ("test",)
_LONGEST = 1_000_000
"""Bytes of a test file; longer ones are data."""
_MOST_BYTES = 10_000_000
"""Of all test files of a change; some two minutes."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What comparing the texts says; made once, asked for the crossing and for the findings."""

    compared: Compared
    files: tuple[FileVersion, ...]
    left_out: int = 0
    """Test files that were not compared: there are too many."""


def look_at_tests(
    files: Sequence[FileVersion], found: Patterns, answer: Answer | None, root: Path
) -> Looked:
    """Read both versions of the tests that a change touches, and compare them.

    Args:
        files: From baseline to head.
        found: How pytest tells tests.
        answer: Which tests are at risk; its changes say which code is another.
        root: Of the head, to tell the project's own packages.
    """
    from tdad.source.checks import Naming, read_checks, same_code  # libcst takes 0.1 s to import

    old: dict[str, bytes] = {}
    new: dict[str, bytes] = {}
    renamed: dict[str, str] = {}
    room, left_out = _MOST_BYTES, 0
    for version in files:
        before = version.old_path or version.path
        if not any(
            path.endswith(".py") and is_test_code(path, found) for path in (before, version.path)
        ):
            continue
        if version.old and version.new and same_code(version.old, version.new):
            continue
        room -= len(version.old or b"") + len(version.new or b"")
        if room < 0:
            left_out += 1
            continue
        if version.old is not None and len(version.old) <= _LONGEST:
            old[before] = version.old
        if version.new is not None and len(version.new) <= _LONGEST:
            new[version.path] = version.new
        if before != version.path:
            renamed[before] = version.path
    if not old:
        return Looked(Compared(), tuple(files), left_out)
    functions = _prefixes(found.python_functions) or _UNITTEST  # of a runner of unittest's tests
    naming = Naming(_prefixes(found.python_classes), functions)
    code = _code(files, found, answer, root)
    compared = compare_tests(
        read_checks(old, naming=naming), read_checks(new, naming=naming), renamed, code
    )
    return Looked(compared, tuple(files), left_out)


def _prefixes(patterns: Sequence[str]) -> tuple[str, ...]:
    """What names begin with; of a glob the part before its first special character."""
    starts = []
    for pattern in patterns:
        end = min((pattern.find(c) for c in "*?[" if c in pattern), default=len(pattern))
        starts.append(pattern[:end])
    return tuple(starts)


def _code(
    files: Sequence[FileVersion], found: Patterns, answer: Answer | None, root: Path
) -> Code:
    changed: set[str] = set()
    removed: set[str] = set()
    come: set[str] = set()
    for change in answer.changes if answer is not None else ():
        if not change.path.endswith(".py") or is_test_code(change.path, found):
            continue
        module = change.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        changed.add(f"{module}.{change.qualname}" if change.qualname else module)
        name = change.qualname.rpartition(".")[2]
        if name and change.kind is ChangeKind.REMOVED:
            removed.add(name)
        elif name and change.kind is not ChangeKind.EDITED:
            come.add(name)
    removed |= set(_gone(files, found))
    return Code(frozenset(changed), frozenset(removed - come), frozenset(_packages(root)))


def _gone(files: Sequence[FileVersion], found: Patterns) -> Iterator[str]:
    """Yield the names that deleted files of the code defined."""
    for version in files:
        python = version.path.endswith(".py") and not is_test_code(version.path, found)
        if python and version.new is None and version.old is not None:
            facts = source.index(version.path, version.old)
            yield facts.module.rpartition(".")[2]
            yield from (each.name for each in facts.definitions if each.qualname)


def _packages(root: Path) -> Iterator[str]:
    """Yield the top-level names that the project's own code is imported by."""
    for folder in (root, root / "src", root / "lib"):
        if not folder.is_dir():
            continue
        for entry in os.scandir(folder):
            if entry.is_dir() and Path(entry.path, "__init__.py").is_file():
                yield entry.name
            elif entry.name.endswith(".py") and entry.is_file():
                yield entry.name.removesuffix(".py")


def policy_findings(
    looked: Looked,
    asked: Asked,
    answer: Answer | None,
    levels: Mapping[PolicyKind, Level],
    *,
    not_run: tuple[tuple[Site, str], ...],
    not_found: Mapping[str, int],
    is_test: Callable[[str], bool],
) -> tuple[Finding, ...]:
    """Ask all policies."""
    return findings(
        PolicyQuestion(
            looked.files, asked, answer, levels, looked.compared, not_run, not_found, is_test
        )
    )


def levels_here(
    project: Project, files: Sequence[FileVersion], overrides: Sequence[str] = ()
) -> tuple[Mapping[PolicyKind, Level], str]:
    """Return what is done about each finding, and a note where that is not what the head says.

    A change does not set the rules that it is judged by: where it edits the table, the baseline's counts.

    Raises:
        ConfigInvalid: ``overrides`` have a level that there is not.
        ConfigUnknownKey: they have a policy that there is not.
    """
    settings, note = project.config.gate, ""
    edited = next((each for each in files if each.path == "pyproject.toml"), None)
    if edited is not None:
        before = _settings_of(edited.old)
        if before != _settings_of(edited.new):
            settings = before
            note = "the change edits [tool.tdad.gate]; the baseline's policies count"
    return levels_of(settings, overrides), note


def _settings_of(data: bytes | None) -> GateSettings:
    """The table in one version of pyproject.toml; defaults where it cannot be read."""
    path = Path("pyproject.toml")
    document = toml_of(data)
    if document is None:
        return GateSettings()
    try:
        return gate_settings(tool_table(document, "tdad", path).get("gate", {}), str(path))
    except (ConfigInvalid, ConfigUnknownKey):
        return GateSettings()


# ------------------------------------------------------------------------------------------- with the gate


@dataclass(frozen=True, slots=True)
class FoundByPolicies:
    """Findings, and what is to be said about how they came about."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def found_by_policies(
    project: Project,
    sides: Field,
    heard: Heard,
    report: GateReport,
    *,
    files: Sequence[FileVersion],
    say: Callable[[str], None],
) -> FoundByPolicies:
    """Compare the tests, run the baseline's versions of edited ones with head's code, and ask all policies.

    Raises:
        ConfigInvalid: ``--policy`` has a level that there is not.
        ConfigUnknownKey: it has a policy that there is not.
    """
    found, answer = patterns(project), heard.selected.answer
    levels, note = levels_here(project, files, heard.options.policy)
    looked = look_at_tests(files, found, answer, sides.head.root)
    notes = [note] if note else []

    def is_test(path: str) -> bool:
        return is_test_code(path, found)

    if looked.left_out:
        notes.append(
            f"{looked.left_out} test files were not compared with the baseline's: the change is too big for that"
        )
    not_found: Mapping[str, int] = {}
    if levels[PolicyKind.SKIPPED_TEST] is not Level.OFF:
        try:
            not_found = not_found_any_more(sides, heard, files)
        except TdadError as error:
            notes.append(f"what pytest finds by itself could not be compared: {error}")
    brought: Mapping[str, Attempt] = {}
    if levels[PolicyKind.EXPECTATION_CHANGED] is not Level.OFF:
        passing = [
            heard.renames.old_id(name)
            for name, attempt in heard.head.attempts.items()
            if attempt.status in PASSING
        ]
        plan = crossing_plan(files, looked.compared, is_test, passing)
        try:
            brought = _crossed(sides, heard, plan, say)
        except TdadError as error:
            notes.append(f"the baseline's tests cannot be run with the code of head: {error}")
    asked = Asked(report.tests, report.uncollected, brought, report.catastrophic)
    return FoundByPolicies(
        policy_findings(
            looked,
            asked,
            answer,
            levels,
            not_run=heard.selected.not_run,
            not_found=not_found,
            is_test=is_test,
        ),
        tuple(notes),
    )


def _crossed(
    sides: Field, heard: Heard, plan: CrossingPlan, say: Callable[[str], None]
) -> dict[str, Attempt]:
    """Row 27; only of tests that pass on the baseline."""
    if not plan.tests or not heard.head.began:
        return {}
    limits = limits_of(heard.selected, heard.options)
    found = crossed(sides.head, plan.files, plan.tests, limits)
    failing = {name: attempt for name, attempt in found.items() if attempt.failing}
    say(f"head with the baseline's tests: {len(found)} tests ran, {len(failing)} failed")
    unknown = tuple(name for name in failing if not heard.known.of(name))
    if unknown:
        paths = tuple(dict.fromkeys(name.partition("::")[0] for name in unknown))
        wanted = Wanted(ids=unknown, look_into=paths, limits=limits)
        heard.known.add(sides.baseline.run(wanted).attempts)
        heard.known.save()
    return {
        name: attempt
        for name, attempt in failing.items()
        if any(before.status in PASSING for before in heard.known.of(name)[:1])
    }
