"""Faults as JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tdad.facts_faults import Fault, FaultKind, FaultLevel

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
