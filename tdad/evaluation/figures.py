"""The figures of an audit: many judged trials → shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median

from tdad.answers_audit import Figures
from tdad.facts_faults import Judged

EARLY = (5, 10, 20)


def figures(judged: Sequence[Judged]) -> Figures:
    """Sum up."""
    failing = [one for one in judged if one.fails]
    shares = [one.selected_share for one in judged]
    return Figures(
        tried=len(judged),
        failing=len(failing),
        safe=sum(one.safe for one in failing),
        detected=sum(one.detected for one in failing),
        early=tuple(
            (most, sum(one.first is not None and one.first <= most for one in failing))
            for most in EARLY
        ),
        failing_tests=sum(len(one.trial.broken) for one in failing),
        missed_tests=sum(len(one.missed) for one in failing),
        selected_mean=fmean(shares) if shares else None,
        selected_median=median(shares) if shares else None,
        selected_mean_failing=fmean(o.selected_share for o in failing) if failing else None,
        time_share=fmean(one.time_share for one in judged) if judged else None,
        precautions=sum(one.by_precaution for one in judged),
        cut_short=sum(one.trial.cut_short for one in judged),
        unselected=sum(not one.trial.ranked for one in judged),
    )


def grouped(
    judged: Sequence[Judged], key: Callable[[Judged], str]
) -> tuple[tuple[str, Figures], ...]:
    """Figures per group, sorted by name."""
    names = sorted({key(one) for one in judged})
    return tuple((name, figures([one for one in judged if key(one) == name])) for name in names)
