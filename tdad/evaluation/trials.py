"""What came of one fault, and what that says: was every failing test selected, and how early was the first.

A test *fails because of the change* when it fails now and passed, twice, without it. A file that cannot be collected
any more counts as one failing test, named by its path, if tests were in it (doctests are looked for in every module);
when nothing can be run at all that is one as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from tdad.facts_faults import EVERYTHING, Baseline, Judged, Trial


def judge(trial: Trial, baseline: Baseline) -> Judged:
    """Compare what was selected with what failed."""
    picked = _Picked.of(trial.ranked)
    trial = _about_tests(trial, baseline)
    chosen = [node_id for node_id in baseline.durations if picked.runs(node_id)]
    total_s = sum(baseline.durations.values())
    places = [place for unit in trial.broken if (place := picked.place(unit, baseline.durations))]
    return Judged(
        trial=trial,
        missed=tuple(unit for unit in trial.broken if not picked.place(unit, baseline.durations)),
        first=min(places, default=None),
        selected=len(chosen),
        selected_share=_share(len(chosen), len(baseline.durations)),
        time_share=_share(sum(baseline.durations[each] for each in chosen), total_s),
        by_precaution=bool(trial.precautions) or "precaution" in trial.evidence,
    )


def _about_tests(trial: Trial, baseline: Baseline) -> Trial:
    """The trial without the files and folders that cannot be collected any more and had no test."""
    known = (*baseline.durations, *baseline.set_aside)
    had_tests = tuple(
        place
        for place in trial.uncollected
        if any(name == place or name.startswith((f"{place}::", f"{place}/")) for name in known)
    )
    return replace(trial, uncollected=had_tests)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class _Picked:
    """A selection, made quick to ask."""

    places: Mapping[str, int]
    """Node id → place, from 1."""
    functions: Mapping[str, int] = field(default_factory=dict)
    """Node id without parameters → first place of one of its instances."""
    files: Mapping[str, int] = field(default_factory=dict)
    """Path → first place of one of its tests."""

    @classmethod
    def of(cls, ranked: Collection[str]) -> _Picked:
        places: dict[str, int] = {}
        functions: dict[str, int] = {}
        files: dict[str, int] = {}
        for place, node_id in enumerate(ranked, start=1):
            places.setdefault(node_id, place)
            functions.setdefault(node_id.partition("[")[0], place)
            files.setdefault(node_id.partition("::")[0], place)
        return cls(places, functions, files)

    def runs(self, node_id: str) -> bool:
        """Tell whether running the selection runs this test."""
        return node_id in self.places or node_id.partition("[")[0] in self.places

    def place(self, unit: str, known: Collection[str]) -> int:
        """Place of the first selected test that shows that ``unit`` fails; 0: none."""
        if unit == EVERYTHING:
            return 1 if self.places else 0
        if "::" not in unit:
            return self.files.get(unit, 0)
        exact = self.places.get(unit) or self.places.get(unit.partition("[")[0], 0)
        if exact or unit in known:
            return exact
        return self.functions.get(unit.partition("[")[0], 0)  # an instance that did not exist
