"""``pytest --tdad-map --tdad-prompt FILE``: what of the map matters for the failing tests and the current change."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tdad.agent.prompts import AtRisk, BlockMaterial, Doubt, block
from tdad.errors import TdadError
from tdad.facts import FAILING, Answer, Owner, Recorded
from tdad.facts_fix import Failure
from tdad.graph.resolve import Resolver
from tdad.graph.suspects import suspects
from tdad.store import open_map
from tdad.workflows.failed_reports import FailedReports
from tdad.workflows.faults import is_test_code
from tdad.workflows.fix_recent import recently
from tdad.workflows.head import HeadFacts, current_digests
from tdad.workflows.impact import ChangeOptions, asking, patterns
from tdad.workflows.project import Project
from tdad.workflows.prompt_material import clues_of, doubts_of, failing_test

_DOUBTS = 8
STANDARD_OUTPUT = "-"


def write_map_prompt(project: Project, failures: Mapping[str, Failure], where: str) -> str:
    """Write the block to a file or to standard output; what to tell the user.

    Raises:
        TdadError: there is no map, or it cannot be read.
        OSError: the file cannot be written.
    """
    mine = os.path.relpath(where, project.root).replace(os.sep, "/")
    text = map_prompt(project, failures, without=mine)
    if where == STANDARD_OUTPUT:
        sys.stdout.write(f"\n{text}")
        return ""
    Path(where).write_text(text, encoding="utf-8", newline="\n")
    return f"prompt: {where}"


def prompt_note(project: Project, failed: FailedReports, where: str) -> str:
    """As :func:`write_map_prompt`; whatever is wrong becomes a note, since the tests have their own result."""
    try:
        return write_map_prompt(project, failed.failures(project.root), where)
    except TdadError as error:
        return f"no prompt: {error} [{error.slug}]"
    except OSError as error:
        return f"no prompt: {where}: {error.strerror}. Give a file that can be written: --tdad-prompt FILE"


def map_prompt(project: Project, failures: Mapping[str, Failure], *, without: str = "") -> str:
    """The block, at most 2k tokens.

    Args:
        project: the one that was just recorded.
        failures: node id (or file that cannot be collected) → how it failed.
        without: a file whose changes say nothing: the one that the block is written to.

    Raises:
        TdadError: there is no map, or it cannot be read.
    """
    answer, notes = _at_risk(project, without)
    with _recorded(project) as (recorded, head):
        known = recorded.tests
        failing = sorted(
            {name for name, test in known.items() if test.status in FAILING} | set(failures)
        )
        doubts = _doubts(project, recorded, head, failing, failures)
        changed = tuple(_changes(answer)) if answer else ()
        paths = [
            each.partition("::")[0]
            for each in (*(d.definition for d in doubts), *_changed(answer))
        ]
        return block(
            BlockMaterial(
                total=len(known),
                failing=tuple(
                    failing_test(
                        name,
                        failures.get(name),
                        known[name].definition if name in known else "",
                        head.get,
                    )
                    for name in failing
                ),
                doubts=doubts,
                changes=changed,
                files=tuple(_files(recorded, dict.fromkeys(paths))),
                notes=notes,
            )
        )


def _at_risk(project: Project, without: str) -> tuple[Answer | None, tuple[str, ...]]:
    """(tests at risk for the uncommitted change, what is to be said about it)."""
    try:
        with asking(project, ChangeOptions(uncommitted=True)) as asked:
            changes = tuple(each for each in asked.answer.changes if each.path != without)
            answer = replace(asked.answer, changes=changes)
    except TdadError:
        return None, ("No uncommitted change is known: this is no git repository with a commit.",)
    if not answer.changes:
        return answer, ("Nothing is uncommitted.",)
    return answer, answer.precautions


@contextmanager
def _recorded(project: Project) -> Iterator[tuple[Recorded, HeadFacts]]:
    with open_map(project.map_path, mode="read") as store:
        python, _ = current_digests(project, store)
        yield store.recorded(), HeadFacts(project.root, python, store)


def _doubts(
    project: Project,
    recorded: Recorded,
    head: HeadFacts,
    failing: list[str],
    failures: Mapping[str, Failure],
) -> tuple[Doubt, ...]:
    if not failing:
        return ()
    found = patterns(project)
    ranked = suspects(
        recorded,
        Resolver(head),
        frozenset(failing),
        is_test=lambda path: is_test_code(path, found),
        clues=clues_of(failures, failing, recently(project)),
        limit=_DOUBTS,
    )
    return doubts_of(ranked, None, frozenset(), head.get)  # the block names no tests of a doubt


def _changed(answer: Answer | None) -> Iterator[str]:
    return (change.path for change in (answer.changes if answer else ()))


def _changes(answer: Answer) -> Iterator[AtRisk]:
    """Each changed definition and its tests at risk."""
    tests: dict[str, list[str]] = {}
    for impact in answer.impacts:
        if impact.change is not None:
            tests.setdefault(impact.change.definition, []).append(impact.node_id)
    changes = {change.definition: change for change in answer.changes}.values()
    for change in sorted(changes, key=lambda each: each.definition not in tests):
        found = tuple(tests.get(change.definition, ()))
        number = f"{len(found)} test{'' if len(found) == 1 else 's'} at risk"
        name = change.definition if change.qualname else change.path
        yield AtRisk(name, f"{change.kind}: {number}", found)


def _files(recorded: Recorded, paths: Mapping[str, None]) -> Iterator[AtRisk]:
    """Each file and the tests that execute something of it, those that execute least beside it first."""
    for path in paths:
        owners: set[Owner] = set()
        for digest in recorded.versions(path)[:1]:
            owners.update(recorded.entered(path, digest))
        tests = {node_id for owner in owners for node_id in recorded.inheritors(owner)}
        if tests:
            ordered = sorted(tests, key=lambda name: (recorded.breadth(name), name))
            yield AtRisk(
                path, f"{len(tests)} test{'' if len(tests) == 1 else 's'}", tuple(ordered)
            )
