"""What follows an edit of a model: can the tests still be collected, and how do those at risk end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tdad.agent.loop.standing import Standing, failure_text
from tdad.agent.loop.tree import Tree
from tdad.facts import FAILING
from tdad.facts_fix import Failure
from tdad.runner.confined import ConfinedRun
from tdad.runner.suite import SuiteOptions
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_map import Risk
from tdad.workflows.fix_start import last_error, passes

_NOT_BEGUN = frozenset({-1, 3, 4})
"""Exit codes of pytest when nothing was collected: it did not say, an internal error, wrong usage."""
_SLICE_S = 20.0
"""Time for tests at risk after one edit, by how long they took at the start."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One run after an edit."""

    standing: Standing
    uncollected: Mapping[str, Failure]
    """Files that could be collected at the start, and why they cannot be now."""


class Checks:
    """Runs tests for an attempt."""

    def __init__(self, hunt: Hunt, tool_s: float) -> None:
        self._hunt = hunt
        self._tool_s = tool_s
        self._risk = Risk(hunt.seats, hunt.map_path, hunt.start, min(_SLICE_S, tool_s))
        self._at_risk: dict[str, tuple[tuple[str, ...], bool]] = {}

    def at_risk(self, tree: Tree) -> tuple[tuple[str, ...], bool]:
        """Passing tests that the state puts at risk, best first, and whether these are all."""
        if not tree.patch:
            return (), True
        if tree.digest not in self._at_risk:
            self._at_risk[tree.digest] = self._risk.tests(tree.patch)
        return self._at_risk[tree.digest]

    def standing(self, tree: Tree, more: Sequence[str] = ()) -> Checked:
        """Run the targets, the tests at risk, and ``more``."""
        at_risk, whole = self.at_risk(tree)
        return self.run(tree, [*self._hunt.targets, *more, *at_risk], all_at_risk=whole)

    def run(self, tree: Tree, tests: Sequence[str], *, all_at_risk: bool = True) -> Checked:
        """Run these tests."""
        hunt = self._hunt
        names = list(dict.fromkeys(tests))
        expected = sum(hunt.start.durations.get(name, 1.0) for name in names)
        timeout_s = max(self._tool_s, 20.0 + 5 * (expected + hunt.again_s))
        run = hunt.seats.run(tree.patch, names, timeout_s=timeout_s)
        wanted = set(names)
        targets = [name for name in hunt.targets if name in wanted]
        uncollected = self._uncollected(run)
        standing = Standing(
            passing=tuple(name for name in targets if passes(run, name)),
            failing=tuple(name for name in targets if not passes(run, name)),
            broken=self._broken(run, wanted - set(targets), uncollected),
            ran=len(names),
            all_at_risk=all_at_risk,
            at_risk=len(wanted) - len(targets),
            failures=run.failures,
            cut_short=run.suite.cut_short,
        )
        return Checked(standing, uncollected)

    def _broken(
        self, run: ConfinedRun, names: set[str], uncollected: Mapping[str, Failure]
    ) -> tuple[str, ...]:
        """Tests that passed at the start and do not; what a run that was cut short did not reach is not counted."""
        passing, outcomes = self._hunt.start.passing, run.suite.outcomes
        gone = run.suite.cut_short
        return tuple(
            sorted(
                name
                for name in names & passing
                if (name in outcomes and outcomes[name].status in FAILING)
                or name.partition("::")[0] in uncollected
                or (name not in outcomes and not gone)
            )
        )

    def _uncollected(self, run: ConfinedRun) -> dict[str, Failure]:
        before = self._hunt.start.uncollected
        if _did_not_begin(run):  # a conftest imports what cannot be imported: no file is named
            return {"(no test can be run)": Failure(last_error(run.suite.said))}
        return {
            name: run.failures.get(name, Failure(why))
            for name, why in sorted(run.suite.uncollected.items())
            if name not in before
        }

    def collects(self, tree: Tree) -> Mapping[str, Failure]:
        """Collect the files of the targets and the tests at risk: those that cannot be collected any more, and why."""
        at_risk, _ = self.at_risk(tree)
        files = sorted({name.partition("::")[0] for name in (*self._hunt.targets, *at_risk)})
        run = self._hunt.seats.run(
            tree.patch, files, timeout_s=self._tool_s + self._hunt.again_s, adapt=_collect_only
        )
        return self._uncollected(run)


def _did_not_begin(run: ConfinedRun) -> bool:
    """Tell whether pytest broke before it collected anything."""
    suite = run.suite
    return not suite.outcomes and not suite.cut_short and suite.exit_code in _NOT_BEGUN


def _collect_only(_root: Path, options: SuiteOptions) -> SuiteOptions:
    return replace(options, arguments=(*options.arguments, "--collect-only"))


def sources_of(tree: Tree, failures: Mapping[str, Failure]) -> dict[str, Sequence[str]]:
    """Path → lines of the files on the tracebacks."""
    paths = {site.path for failure in failures.values() for site in failure.frames[-3:]}
    return {path: (tree.text(path) or "").splitlines() for path in sorted(paths)}


def uncollected_text(tree: Tree, uncollected: Mapping[str, Failure]) -> str:
    """What the model is told about files that cannot be collected any more."""
    sources = sources_of(tree, uncollected)
    shown = [failure_text(name, failure, sources) for name, failure in uncollected.items()][:2]
    noun = "file" if len(uncollected) == 1 else "files"
    return f"{len(uncollected)} test {noun} can no longer be imported:\n" + "\n".join(shown)
