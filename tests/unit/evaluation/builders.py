"""Faults and trials for tests."""

from __future__ import annotations

from dataclasses import replace

from tdad.facts_faults import Baseline, Fault, FaultKind, FaultLevel, Trial

FAULT = Fault(
    path="shop.py",
    start=4,
    end=5,
    replacement="2",
    kind=FaultKind.MODULE_CONSTANT,
    level=FaultLevel.MODULE,
    qualname="",
    line=1,
    detail="1 → 2 in A = 1",
    digest="d" * 32,
)
BASELINE = Baseline(
    {"t.py::a": 1.0, "t.py::b": 2.0, "t.py::p[1]": 3.0, "u.py::c": 4.0}, frozenset({"t.py::flaky"})
)
TRIAL = Trial(0, FAULT.definition, FAULT)


def trial(*ranked: str, **values: object) -> Trial:
    """A trial that selected ``ranked``."""
    return replace(TRIAL, ranked=ranked, evidence=("observed",) * len(ranked), **values)  # type: ignore[arg-type] # the fields of Trial
