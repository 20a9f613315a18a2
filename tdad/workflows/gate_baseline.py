"""The baseline is asked about what failed on head, what is skipped there, and what is not there any more."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from tdad.facts import FAILING, FileVersion, Status
from tdad.facts_gate import Attempt
from tdad.gate.judge import Presence
from tdad.gate.renames import Renames
from tdad.runner.witnessed import Wanted
from tdad.workflows.gate_cache import Known
from tdad.workflows.gate_ground import Side
from tdad.workflows.gate_head import HeadRun, files_of, limits_of, wanted_time
from tdad.workflows.gate_select import Selected
from tdad.workflows.gate_spots import spots_of
from tdad.workflows.gate_vanished import vanished

_RUN_OF_BROKEN = 1000
"""Of the tests of modules that cannot be collected any more so many are run; the others are collected only."""
_HUSHED = frozenset({Status.SKIPPED, Status.XFAILED, Status.XPASSED})


@dataclass
class BaselineRun:
    """What is known about the baseline."""

    attempts: dict[str, Attempt] = field(default_factory=dict)
    """This gate's first, by the baseline's node ids; what earlier gates found out is in ``Known``."""
    collected: dict[str, int] = field(default_factory=dict)
    uncollected: dict[str, str] = field(default_factory=dict)
    asked: bool = False
    runnable: bool = True
    foreign: tuple[str, ...] = ()
    forged: bool = False
    trouble: tuple[str, ...] = ()
    process_code: int | None = None
    """``None``: nothing was run."""
    said: str = ""
    looked_into: frozenset[str] = frozenset()
    """Files; ``*``: all."""
    asked_for: frozenset[str] = frozenset()
    """Tests that were named to the run."""

    @property
    def believed(self) -> bool:
        """Its outcomes are the baseline's: worth keeping for later gates."""
        return not (self.foreign or self.forged)

    def presence(self, name: str) -> Presence:
        """Whether the baseline has the test, as far as anybody asked."""
        path = name.partition("::")[0]
        if name in self.collected or name in self.attempts:
            return Presence.THERE
        if path in self.uncollected or any(path.startswith(f"{one}/") for one in self.uncollected):
            return Presence.UNCOLLECTED
        if not self.runnable:
            return Presence.UNRUNNABLE
        named = name in self.asked_for and self.asked
        if named or path in self.looked_into or "*" in self.looked_into:
            return Presence.ABSENT
        return Presence.UNKNOWN


def ask_baseline(
    side: Side,
    head: HeadRun,
    selected: Selected,
    known: Known,
    *,
    renames: Renames,
    changed: Sequence[FileVersion],
    is_test: Callable[[str], bool],
) -> BaselineRun:
    """Run on the baseline what must be known about it.

    Args:
        side: The baseline.
        head: What head said.
        selected: What was selected, and what the map knows.
        known: What earlier gates found out.
        renames: Of definitions, from baseline to head.
        changed: Files that differ.
        is_test: Path → whether it holds tests.

    Raises:
        TdadError: it cannot be run at all.
    """
    if head.cut_short and not head.began:
        return BaselineRun()
    asked = [renames.old_id(name) for name in _asked(side, head, selected, known)]
    # of what head does not find the map may say how it ended
    asked += [name for name in vanished(head, selected) if name not in selected.before]
    everything = head.everywhere
    edited = [
        version.old_path or version.path
        for version in changed
        if version.old is not None and is_test(version.old_path or version.path)
    ]
    broken = sorted({name.partition("::")[0] for name in head.uncollected})
    beside = _may_be_gone(head, edited, everything=everything)
    if beside != ["*"] and any(_may_make_sets(version, is_test) for version in changed):
        there = files_of(side, [name for name in head.collected if "[" in name])
        beside = sorted({*beside, *there})
    unexplained = head.unexplained
    new = [name for name in asked if unexplained or not known.of(name)]
    result = BaselineRun()
    if not new and not beside and not broken and head.began:
        result.collected = dict.fromkeys((name for name in asked if known.of(name)), 0)
        return result
    result.asked = True
    # where nothing could be collected, all that the baseline has is broken, not only what was selected
    all_broken = not head.began or "" in broken
    look_into = () if all_broken else files_of(side, [*asked, *beside, *broken])
    if not all_broken and not look_into and "*" not in beside:
        result.looked_into = frozenset([*beside, *broken, *(n.partition("::")[0] for n in asked)])
        return result
    wanted = Wanted(
        ids=tuple(new),
        # a runner does not tell what there is unless it runs it
        files=tuple(broken) if side.options.runner else (),
        beside=tuple(beside),
        known=tuple(renames.old_id(name) for name in head.collected),
        look_into=() if "*" in beside else look_into,
        limits=limits_of(selected, side.options),
        spots={
            renames.old_id(name): spot
            for name, spot in spots_of(head.attempts, head.collected).items()
        },
    )
    _run(side, wanted, result)
    if _collected_on_head_alone(head, result) and wanted.look_into and not side.options.runner:
        # what a file can import depends on what else was looked into: the same files, then, as on head
        result = BaselineRun(asked=True)
        same = () if head.everywhere else files_of(side, [*head.looked_into, *wanted.look_into])
        wanted = replace(wanted, look_into=same)
        _run(side, wanted, result)
    whole = [*beside]
    if not side.options.runner:  # pytest tells what else is in the files of the tests that it runs
        whole += [*broken, *(name.partition("::")[0] for name in asked)]
    result.looked_into = frozenset(["*"] if "*" in beside or all_broken else whole)
    result.asked_for = frozenset(new)
    if broken and result.runnable:
        _ask_about_broken(side, wanted, broken, result, known)
    known.add(result.attempts)
    return result


def _collected_on_head_alone(head: HeadRun, baseline: BaselineRun) -> bool:
    """Tell whether the baseline has a file that it cannot collect, and head could."""
    there = {name.partition("::")[0] for name in head.collected} - head.uncollected.keys()
    return not there.isdisjoint(baseline.uncollected)


def _asked(side: Side, head: HeadRun, selected: Selected, known: Known) -> Iterable[str]:
    """Tests of head whose end on the baseline matters."""
    if side.options.ask_all or head.unexplained:  # does the baseline end like that as well?
        yield from head.attempts
        return
    for name, attempt in head.attempts.items():
        before = selected.before.get(name)
        if attempt.failing:
            yield name
        elif attempt.status in _HUSHED:
            if before is not attempt.status:
                yield name
        elif attempt.hollow:
            yield name
        elif before in FAILING or any(one.failing for one in known.of(name)):
            yield name  # fixed, perhaps
        elif name.partition("[")[0] in selected.edited:
            yield name  # with another mark, perhaps


def _may_be_gone(head: HeadRun, edited: Sequence[str], *, everything: bool) -> list[str]:
    """Files whose tests on the baseline are to be compared with head's."""
    if everything and head.began:
        return ["*"]
    return sorted(set(edited))


def _may_make_sets(version: FileVersion, is_test: Callable[[str], bool]) -> bool:
    """Tell whether sets of parameters of any test may come from a file: data, a conftest, a helper of the tests.

    A test file itself is compared in any case.
    """
    path = version.old_path or version.path
    name = posixpath.basename(path)
    if not path.endswith(".py"):
        return is_test(posixpath.join(posixpath.dirname(path), "data.py"))  # in a folder of tests
    return is_test(path) and not name.startswith("test") and not name.endswith("_test.py")


def _run(side: Side, wanted: Wanted, result: BaselineRun) -> None:
    run = side.run(wanted, timeout_s=wanted_time(side.options))
    result.attempts |= dict(run.attempts)
    result.collected |= dict(run.collected)
    result.uncollected |= dict(run.uncollected)
    result.foreign = result.foreign or run.foreign
    result.forged |= run.forged
    result.trouble += run.trouble
    result.process_code = run.process_code
    result.said = result.said or run.said
    result.runnable &= bool(run.collected or run.uncollected or run.exit_code in {0, 1, 5})


def _ask_about_broken(
    side: Side, wanted: Wanted, broken: Sequence[str], result: BaselineRun, known: Known
) -> None:
    """Modules that cannot be collected on head: do their tests pass here? A part of them answers for all."""
    names = [
        name
        for name in result.collected
        if _inside(name, broken) and name not in result.attempts and not known.of(name)
    ]
    if names:
        some = names[:_RUN_OF_BROKEN]
        files = tuple(dict.fromkeys(name.partition("::")[0] for name in some))
        _run(side, replace(wanted, ids=tuple(some), beside=(), look_into=files), result)


def _inside(name: str, folders: Sequence[str]) -> bool:
    path = name.partition("::")[0]
    return any(path == one or path.startswith(f"{one}/") or one in {"", "."} for one in folders)
