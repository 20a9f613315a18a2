"""Which tests of head a gate runs first: what the map says, else what the code alone says, else all; and why."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tdad.errors import TdadError
from tdad.facts import (
    Answer,
    Change,
    ChangeKind,
    Environment,
    FileVersion,
    Impact,
    Recorded,
    Site,
    Status,
)
from tdad.gate.unreached import Executed, statements_not_run
from tdad.repo import project_files
from tdad.source.digests import digest
from tdad.store import open_map
from tdad.store.copies import copy_map
from tdad.workflows.environment import environment_there
from tdad.workflows.gate_doctests import changed_doctests, doctest_files
from tdad.workflows.gate_ground import Field, Side
from tdad.workflows.gate_history import INDEX
from tdad.workflows.impact import ChangeOptions, asking
from tdad.workflows.index import build_index
from tdad.workflows.project import Project
from tdad.workflows.static_links import copy_links

_PATH = "PYTHONPATH"
RECORDED, STATIC, ALL = "recorded map", "static", "all tests"


@dataclass(frozen=True, slots=True)
class Selected:
    """The answer to which tests are at risk."""

    by: str
    """``RECORDED``, ``STATIC`` or ``ALL``."""
    ids: tuple[str, ...] = ()
    """Riskiest first; one without parameters stands for all of them. Empty with ``ALL``."""
    total: int = 0
    because: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    """Node id → first changed line that reaches it."""
    durations: Mapping[str, float] = field(default_factory=dict)
    before: Mapping[str, Status] = field(default_factory=dict)
    """How tests ended on the baseline, where the map was recorded there."""
    python: str = ""
    """The interpreter of the recording, as ``cpython 3.13.0``; empty: not known."""
    whole: bool = False
    """``before`` has all tests of the baseline: what is not in it is not there."""
    shaky: frozenset[str] = frozenset()
    """Tests that passed and failed in earlier recordings."""
    answer: Answer | None = None
    not_run: tuple[tuple[Site, str], ...] = ()
    """Changed statements that no test runs, as far as lines were recorded, and the definitions they are in."""
    renamed: tuple[Change, ...] = ()
    edited: frozenset[str] = frozenset()
    """Changed definitions, as the node ids that they would have."""
    notes: tuple[str, ...] = ()


def select(
    project: Project,
    field_: Field,
    versions: Sequence[FileVersion],
    say: Callable[[str], None],
) -> Selected:
    """Ask which tests the change puts at risk.

    Args:
        project: The user's; its map is copied, never written.
        field_: Both sides.
        versions: Files that differ between baseline and head.
        say: For talk.
    """
    ini, root = project.config.pytest, field_.head.root
    changed = changed_doctests(ini, root, versions)
    if _has_recording(project.map_path):
        try:
            return _also(_by_recording(project, field_, versions), changed, "it was edited")
        except TdadError as error:
            note = f"the recorded map cannot be asked ({error}), so the code alone is"
            say(note)
    else:
        note = (
            "no tests are recorded, so the choice rests on the code alone: wider, and less certain"
        )
    found = _also(_by_code(field_, note), changed, "it was edited")
    if not any(version.path.endswith(".py") for version in versions):
        return found
    config = replace(project.config, source=())
    all_of_them = doctest_files(ini, root, project_files(root, config))
    return _also(found, all_of_them, "the code alone does not tell what doctests use")


def other_python(recorded: str, ran: tuple[int, ...]) -> Iterator[str]:
    """A note where the map was recorded with another version of Python than the one that ran the tests.

    Args:
        recorded: As ``cpython 3.13.0``; empty: not known.
        ran: As ``(3, 13, 0)``.
    """
    version = ".".join(map(str, ran))
    known = re.search(r"\d+\.\d+\.\d+", recorded)
    if known and known[0] != version:
        yield (
            f"the map was recorded with {recorded}, and the tests ran with Python {version}, where they may reach"
            " other code; record with the same: tdad record --python PATH, or name that one: --python PATH"
        )


def _also(selected: Selected, files: Sequence[str], why: str) -> Selected:
    """Add whole files."""
    more = {path: (why,) for path in files if path not in selected.because}
    if selected.by == ALL or not more:
        return selected
    return replace(selected, ids=(*selected.ids, *more), because={**selected.because, **more})


def _has_recording(path: Path) -> bool:
    try:
        with open_map(path, mode="read") as store:
            return bool(store.recorded().tests)
    except TdadError:
        return False


def _by_recording(project: Project, field_: Field, versions: Sequence[FileVersion]) -> Selected:
    """By what differs from the recording.

    A test that differs between baseline and head differs from the recording on one of them. So asking about head is
    enough where the recording has the baseline's versions of all that the change touches; else both are asked.
    """
    there = field_.head.copied
    copy_map(project.map_path, there.map_path)
    with asking(there, ChangeOptions(), _surroundings) as asked:
        recorded = asked.recorded
        assert recorded is not None
        answer = asked.answer
        drifted = _drifted(recorded, versions)
        changed = {path for v in versions for path in (v.path, v.old_path) if path}
        elsewhere = {change.path for change in answer.changes} - changed
        selected = _selected(RECORDED, answer.impacts, answer, recorded)
        not_run = tuple(statements_not_run(answer.changes, _executed(recorded)))
        impacts = answer.impacts
        if recorded.complete and not (drifted or elsewhere):
            impacts = tuple(i for i in impacts if not _never_collected(i, recorded, changed))
    _keep_no_map(there)
    notes = [f"precaution: {text}" for text in answer.precautions]
    if elsewhere:
        which = ", ".join(sorted(elsewhere)[:3])
        notes.append(
            f"the map was recorded at another version ({len(elsewhere)} more differences: {which}), so more tests are"
            " at risk than need be; record again on the baseline: pytest --tdad-map"
        )
    exact = not drifted and not elsewhere
    more: tuple[Impact, ...] = ()
    if drifted:
        notes.append(
            f"the map does not have the baseline's version of {len(drifted)} changed files ({', '.join(drifted[:3])}),"
            " so the baseline was asked about as well"
        )
        more = _impacts(project, field_.baseline)
    found = _selected(RECORDED, (*impacts, *more), answer, None)
    return Selected(
        by=RECORDED,
        ids=found.ids,
        total=answer.total_tests,
        because=found.because,
        sites=found.sites,
        durations=selected.durations,
        before=selected.before if exact else {},
        whole=exact and recorded.complete,
        python=recorded.environment.python if recorded.environment is not None else "",
        shaky=selected.shaky,
        answer=answer,
        not_run=not_run,
        renamed=found.renamed,
        edited=found.edited,
        notes=tuple(notes),
    )


def _executed(recorded: Recorded) -> Executed:
    """The lines of a version that any test executed; none where functions were recorded."""

    def lines(path: str, digest_: str) -> frozenset[int]:
        if recorded.granularity != "lines":
            return frozenset()
        return frozenset[int]().union(*recorded.executed(path, digest_).values())

    return lines


def _impacts(project: Project, side: Side) -> tuple[Impact, ...]:
    there = side.copied
    copy_map(project.map_path, there.map_path)
    with asking(there, ChangeOptions(), _surroundings) as asked:
        found = asked.answer.impacts
    _keep_no_map(there)
    return found


def _surroundings(recorded: Recorded | None) -> Environment | None:
    """The environment as it is, but for the variable by which both sides import what is theirs."""
    now = environment_there(recorded)
    then = recorded.environment if recorded is not None else None
    if now is None or then is None or _PATH not in then.variables:
        return now
    return replace(now, variables={**now.variables, _PATH: then.variables[_PATH]})


def _never_collected(impact: Impact, recorded: Recorded, changed: Collection[str]) -> bool:
    """A test that the whole suite's recording on the baseline did not have, in a file that is the same on both sides.

    Its module is skipped as a whole, or it is no test at all.
    """
    path = impact.node_id.partition("::")[0]
    base = impact.node_id.partition("[")[0]
    there = any(name in recorded.tests for name in (impact.node_id, base))
    return impact.change is None and not there and path not in changed


def _drifted(recorded: Recorded, versions: Iterable[FileVersion]) -> list[str]:
    """Changed files whose version on the baseline is not the one that was recorded."""
    drifted = []
    for version in versions:
        path = version.old_path or version.path
        seen = [one for one in recorded.versions(path) if one and one != "-"]
        if version.old is not None and seen and set(seen) != {digest(version.old)}:
            drifted.append(path)
    return sorted(drifted)


def _by_code(field_: Field, note: str) -> Selected:
    """By the static graph, from baseline to head."""
    there = field_.head.copied
    kept = field_.kept / INDEX
    try:
        own = field_.head.project.map_path
        start = kept if kept.exists() or not own.exists() else own  # an index is a start
        if start.exists():
            copy_map(start, there.map_path)
            copy_links(start, there.map_path)
    except TdadError:
        kept.unlink(missing_ok=True)
    try:
        there.map_path.parent.mkdir(parents=True, exist_ok=True)
        build_index(there)
        copy_map(there.map_path, kept)
        options = ChangeOptions(base=field_.baseline.commit, exact=True)
        with asking(there, options) as asked:
            answer = asked.answer
        copy_links(there.map_path, kept)
    except TdadError as error:
        return Selected(
            ALL, notes=(note, f"the code cannot be asked, either ({error}), so all tests are run")
        )
    finally:
        _keep_no_map(there)
    notes = (note, *(f"precaution: {text}" for text in answer.precautions))
    found = _selected(STATIC, answer.impacts, answer, None)
    return Selected(
        by=STATIC,
        ids=found.ids,
        total=answer.total_tests,
        because=found.because,
        sites=found.sites,
        answer=answer,
        renamed=found.renamed,
        edited=found.edited,
        notes=notes,
    )


def _selected(
    by: str, impacts: Iterable[Impact], answer: Answer, recorded: Recorded | None
) -> Selected:
    because: dict[str, tuple[str, ...]] = {}
    sites: dict[str, Site] = {}
    for impact in impacts:
        because.setdefault(impact.node_id, (impact.because,))
        if impact.change is not None and impact.change.new:
            sites.setdefault(impact.node_id, Site(impact.change.path, impact.change.new[0].first))
    tests = recorded.tests if recorded is not None else {}
    return Selected(
        by=by,
        ids=tuple(because),
        because=because,
        sites=sites,
        durations={name: test.duration_s for name, test in tests.items()},
        before={name: test.status for name, test in tests.items()},
        shaky=frozenset(
            name
            for name, test in tests.items()
            if {Status.PASSED, Status.FAILED} <= {test.status, *test.recent}
        ),
        renamed=tuple(c for c in answer.changes if c.kind is ChangeKind.RENAMED),
        edited=frozenset(
            "::".join([c.path, *c.qualname.split(".")])
            for c in answer.changes
            if c.kind is ChangeKind.EDITED and c.qualname
        ),
    )


def _keep_no_map(there: Project) -> None:
    """The copies that tests run in shall not hold the map."""
    shutil.rmtree(there.map_path.parent, ignore_errors=True)
