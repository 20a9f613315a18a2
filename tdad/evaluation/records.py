"""Faults, trials and baselines as JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tdad.facts_faults import Baseline, Fault, FaultKind, FaultLevel, Trial

Document = dict[str, Any]


def fault_document(fault: Fault) -> Document:
    """Return the fault as JSON values."""
    return {name: str(v) if isinstance(v, str) else v for name, v in asdict(fault).items()}


def read_fault(document: Mapping[str, Any]) -> Fault:
    """Return what :func:`fault_document` made.

    Raises:
        KeyError, ValueError: it is something else.
    """
    return Fault(
        path=str(document["path"]),
        start=int(document["start"]),
        end=int(document["end"]),
        replacement=str(document["replacement"]),
        kind=FaultKind(document["kind"]),
        level=FaultLevel(document["level"]),
        qualname=str(document["qualname"]),
        line=int(document["line"]),
        detail=str(document["detail"]),
        digest=str(document["digest"]),
    )


def trial_document(trial: Trial) -> Document:
    """Return the trial as JSON values."""
    document = asdict(trial)
    document["fault"] = fault_document(trial.fault) if trial.fault is not None else None
    document["ask_s"] = round(trial.ask_s, 3)
    document["run_s"] = round(trial.run_s, 3)
    return document


def read_trial(document: Mapping[str, Any]) -> Trial:
    """Return what :func:`trial_document` made.

    Raises:
        KeyError, ValueError, TypeError: it is something else.
    """
    fault = document["fault"]
    return Trial(
        number=int(document["number"]),
        name=str(document["name"]),
        fault=None if fault is None else read_fault(fault),
        ranked=tuple(document["ranked"]),
        evidence=tuple(document["evidence"]),
        precautions=tuple(document["precautions"]),
        failing=tuple(document["failing"]),
        uncollected=tuple(document["uncollected"]),
        unsteady=tuple(document.get("unsteady", ())),
        nothing_ran=bool(document["nothing_ran"]),
        cut_short=bool(document["cut_short"]),
        ask_s=float(document["ask_s"]),
        run_s=float(document["run_s"]),
        skipped=str(document["skipped"]),
        why=tuple((str(name), str(reason)) for name, reason in document.get("why", ())),
    )


def baseline_document(baseline: Baseline) -> Document:
    """Return the baseline as JSON values."""
    return {
        "durations": {name: round(s, 4) for name, s in baseline.durations.items()},
        "set_aside": sorted(baseline.set_aside),
        "wall_s": round(baseline.wall_s, 3),
    }


def read_baseline(document: Mapping[str, Any]) -> Baseline:
    """Return what :func:`baseline_document` made.

    Raises:
        KeyError, ValueError, TypeError: it is something else.
    """
    return Baseline(
        {str(name): float(s) for name, s in document["durations"].items()},
        frozenset(document["set_aside"]),
        float(document["wall_s"]),
    )
