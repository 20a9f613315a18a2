"""Engine (a), minimal revert: the smallest part of what changed since a good version that must be undone."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tdad.agent.search.ddmin import minimise
from tdad.agent.search.hunks import undoable, undone
from tdad.errors import GitFailed, RevisionUnknown
from tdad.facts import FileVersion
from tdad.facts_fix import Arm, Found, Patch, Undo
from tdad.repo import changed_files
from tdad.repo.git import Git, discover, find
from tdad.repo.revisions import head, resolve
from tdad.workflows.faults import is_test_code
from tdad.workflows.fix_folder import key_of
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_parallel import in_order
from tdad.workflows.impact import patterns

_BUDGET = 200
"""Runs of the failing tests for one minimisation."""
_ALONE = 60
"""So many hunks are tried alone before sets are."""
_FILES = 8
"""So many files are tried alone before everything together is."""
_HISTORY = 512
"""So many commits back a good version is looked for."""
_SHARE = 0.5
"""Of the time that is left, for finding a good version."""


@dataclass(frozen=True, slots=True)
class Good:
    """A version with which the failing tests passed."""

    name: str
    hunks: tuple[Undo, ...]
    """From there to now, the most likely first."""
    passing: tuple[str, ...]
    """Targets that pass when all is undone."""


def check_revision(ground: Ground, revision: str) -> str:
    """Return the commit that ``--good`` names.

    Raises:
        NotARepository, RevisionUnknown, RevisionAmbiguous, RevisionShallow: there is no such commit here.
    """
    return resolve(discover(ground.project.root), revision)


def reverts(hunt: Hunt, good: str | None) -> Iterator[Found]:
    """Yield patches that undo a part of the changes since a good version, given or found."""
    ground = hunt.seats.ground
    git = find(ground.project.root)
    if git is None or head(git) is None:
        return
    known = _given(hunt, good) if good is not None else _found(hunt, git)
    if known is None:
        return
    hunt.say(f"undoing parts of what changed since {known.name}: {len(known.hunks)} hunks")
    for careful in (False, True):
        found = _smallest(hunt, known, careful=careful)
        if found is None:
            return
        yield found
        if not found.broke:
            return


def _given(hunt: Hunt, commit: str) -> Good | None:
    good = _tried(hunt, commit, commit[:12])
    if good is None:
        hunt.note(f"the failing tests fail with the code of {commit[:12]}, too")
    return good


def _found(hunt: Hunt, git: Git) -> Good | None:
    """HEAD if uncommitted changes broke it, else the nearest good commit by bisection over the first parents."""
    hunt.say("looking for a version with which the failing tests passed")
    commits = (
        git.run("rev-list", "--first-parent", f"--max-count={_HISTORY}", "HEAD").decode().split()
    )
    deadline = hunt.deadline - hunt.left_s * (1 - _SHARE)
    seen: dict[int, Good | None] = {}

    def good(at: int) -> Good | None:
        if at not in seen:
            seen[at] = _tried(hunt, commits[at], commits[at][:12] if at else "the last commit")
        return seen[at]

    bad, step = -1, 0
    while not hunt.over and hunt.left_s > hunt.deadline - deadline:
        at = min(step, len(commits) - 1)
        if good(at) is not None:
            return _between(hunt, good, bad, at)
        if at == len(commits) - 1:
            break
        bad, step = at, max(1, step * 2)
    if len(commits) == 1:
        hunt.note("there is only one commit: no earlier version to undo changes since")
    else:
        last = max(seen, default=-1) + 1
        hunt.note(f"no version with which the failing tests pass among the last {last} commits")
    return None


def _between(hunt: Hunt, good: object, bad: int, at: int) -> Good | None:
    """The last good commit between a bad and a good one."""
    assert callable(good)
    best: Good | None = good(at)
    while at - bad > 1 and not hunt.over:
        middle = (at + bad) // 2
        found: Good | None = good(middle)
        if found is not None:
            at, best = middle, found
        else:
            bad = middle
    return best


def _tried(hunt: Hunt, commit: str, name: str) -> Good | None:
    """Undo everything since ``commit`` except in tests; ``None``: the failing tests fail all the same."""
    ground = hunt.seats.ground
    versions = _versions(ground, commit)
    hunks = _ordered(hunt, [hunk for version in versions for hunk in undoable(version)])
    if not hunks:
        return None
    patch = _patch(ground, hunks)
    if patch is None:
        return None
    verdict = hunt.attempt(patch, hunt.targets, first=False)
    hunt.count(candidates=1)
    return Good(name, tuple(hunks), verdict.passed) if verdict.passed else None


def _versions(ground: Ground, commit: str) -> Sequence[FileVersion]:
    """Files of the project, tests and links left out, that differ between ``commit`` and now."""
    project, found = ground.copied, patterns(ground.project)
    try:
        every = changed_files(project.root, commit, exact=True, config=project.config)
    except (GitFailed, RevisionUnknown):
        return ()
    return [
        version
        for version in every
        if not (
            is_test_code(version.path, found)
            or {"symlink", "submodule", "large"} & set(version.note.split())
        )
        and version.old != version.new
    ]


def _ordered(hunt: Hunt, hunks: list[Undo]) -> list[Undo]:
    """Hunks that failing tests executed first, the most suspicious of them before the others."""
    return sorted(hunks, key=lambda hunk: (-_suspicion(hunt, hunk), hunk.path, hunk.number))


def _patch(ground: Ground, hunks: Sequence[Undo]) -> Patch | None:
    """The patch that undoes ``hunks``; ``None``: a file would not parse."""
    present: Mapping[str, bytes | None] = {hunk.path: ground.read(hunk.path) for hunk in hunks}
    patch = undone(present, hunks)
    for path, data in patch.items():
        if path.endswith(".py") and data is not None and present[path] is not None:
            try:
                ast.parse(data)
            except (SyntaxError, ValueError, RecursionError):
                return None
    return patch


def _smallest(hunt: Hunt, good: Good, *, careful: bool) -> Found | None:
    """The smallest set of hunks whose undoing makes pass what can pass; ``careful``: and breaks nothing."""

    def holds(hunks: tuple[Undo, ...]) -> bool:
        return _holds(hunt, good, hunks) and not (careful and _breaks(hunt, hunks))

    items, minimal = _alone(hunt, good, holds), True
    if not items:
        part = _one_file(good, holds) or good.hunks
        if careful and part is good.hunks and not holds(part):
            hunt.note(f"undoing everything since {good.name} breaks other tests as well")
            return None
        likely = [hunk for hunk in part if _suspicion(hunt, hunk)]
        least = minimise(part, holds, likely=likely, budget=_BUDGET)
        items, minimal = least.items, least.minimal
    patch = _patch(hunt.seats.ground, items)
    if patch is None:
        return None
    broken = () if careful else hunt.breaks(patch)
    if broken:
        hunt.count(regressing=1)
    why = f"undoes {_said(items)} of what changed since {good.name}"
    if not minimal or hunt.over:
        why += " (may not be the least)"
    return Found(patch, Arm.REVERT, why, len(good.passing), len(broken))


def _holds(hunt: Hunt, good: Good, hunks: tuple[Undo, ...]) -> bool:
    """Whether undoing these hunks makes pass what can pass."""
    patch = _patch(hunt.seats.ground, hunks)
    if patch is None or hunt.over:
        hunt.count(pruned=1)
        return False
    key = key_of(patch, good.passing)
    known = hunt.tried.get(key)
    if known is None:
        hunt.count(candidates=1)
        known = not hunt.attempt(patch, good.passing, first=True).failed
        if not hunt.over:
            hunt.tried.add(key, f"undo {_said(hunks)}", passed=known)
    return known


def _breaks(hunt: Hunt, hunks: tuple[Undo, ...]) -> bool:
    patch = _patch(hunt.seats.ground, hunks)
    return patch is None or bool(hunt.breaks(patch))


def _alone(hunt: Hunt, good: Good, holds: Callable[[tuple[Undo, ...]], bool]) -> tuple[Undo, ...]:
    """One hunk that is enough; none: empty.

    Hunks of a large difference depend on each other, and most halves of it do not even import: one hunk alone is the
    likeliest answer, and the cheapest to ask for, the most suspicious first.
    """
    singles = [(hunk,) for hunk in good.hunks[:_ALONE] if _suspicion(hunt, hunk)]
    tries = in_order(singles, holds, jobs=hunt.seats.jobs, over=lambda: hunt.over)
    return next((hunks for hunks, held in tries if held), ())


def _one_file(good: Good, holds: Callable[[tuple[Undo, ...]], bool]) -> tuple[Undo, ...]:
    """All hunks of one file, if they are enough; the file with the most suspicious hunk first."""
    paths = list(dict.fromkeys(hunk.path for hunk in good.hunks))
    if len(paths) < 2:
        return ()
    parts = (tuple(h for h in good.hunks if h.path == path) for path in paths[:_FILES])
    return next((part for part in parts if holds(part)), ())


def _suspicion(hunt: Hunt, hunk: Undo) -> float:
    """Of the lines that the hunk replaces; of one that only takes away, of the lines around it."""
    first, last = hunk.first, hunk.last
    if last < first:
        first, last = max(1, first - 1), first
    return max(hunt.suspicion.of(hunk.path, first, last, at_import=each) for each in (False, True))


def _said(hunks: Sequence[Undo]) -> str:
    places = [f"{hunk.path}:{hunk.first}" for hunk in sorted(hunks)]
    shown = ", ".join(places[:3]) + (", …" if len(places) > 3 else "")
    return f"{len(hunks)} hunk{'' if len(hunks) == 1 else 's'} ({shown})"
