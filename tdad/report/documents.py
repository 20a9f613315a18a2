"""Answers as JSON documents; tests hold them to the schemas in ``docs/reference/schemas/``.

Paths and node ids in documents are relative to the project root, whatever the working directory
is, so that documents made in different places can be compared. A field may be added to a document
without notice; a field that changes its meaning or goes away changes the number in ``schema``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tdad.answers import Explanation, ImpactReport, IndexSummary, MapEntry, MapState, MapStats
from tdad.facts import Change, Impact, Span

Document = dict[str, Any]


def dumps(document: Mapping[str, Any]) -> str:
    """JSON text, one field a line, ASCII (file names may hold bytes that are no characters)."""
    return json.dumps(document, indent=2) + "\n"


def impact_document(report: ImpactReport, limit: int | None) -> Document:
    """``tdad.impact/1``: at most ``limit`` tests."""
    answer = report.answer
    return {
        "schema": "tdad.impact/1",
        "changes": [change_document(change) for change in answer.changes],
        "tests": [
            {"rank": rank, **_impact(impact)}
            for rank, impact in enumerate(answer.impacts[:limit], start=1)
        ],
        "at_risk": len(answer.impacts),
        "total_tests": answer.total_tests,
        "precautions": list(answer.precautions),
        "safe": [
            {"change": change, "because": reason} for change, reason in sorted(answer.safe.items())
        ],
        "map": {**_map(report.map), "unreached": list(answer.unreached)},
    }


def explanation_document(explanation: Explanation) -> Document:
    """``tdad.explain/1``."""
    return {
        "schema": "tdad.explain/1",
        "node_id": explanation.node_id,
        "selected": explanation.selected,
        "impact": _impact(explanation.impact) if explanation.impact else None,
        "others": [_impact(impact) for impact in explanation.others],
        "safe": [{"change": change, "because": reason} for change, reason in explanation.safe],
    }


def index_document(summary: IndexSummary) -> Document:
    """``tdad.index/1``."""
    return {
        "schema": "tdad.index/1",
        "files": summary.files,
        "parsed": summary.parsed,
        "definitions": summary.definitions,
        "references": summary.references,
        "errors": [{"path": path, "error": error} for path, error in summary.errors],
        "seconds": round(summary.seconds, 3),
    }


def stats_document(stats: MapStats) -> Document:
    """``tdad.map-stats/1``."""
    return {
        "schema": "tdad.map-stats/1",
        "path": stats.path,
        "size_bytes": stats.size_bytes,
        "schema_version": stats.schema_version,
        "tests": stats.tests,
        "statuses": dict(sorted(stats.statuses.items())),
        "files": stats.files,
        "definitions": stats.definitions,
        "references": stats.references,
        "observations": stats.observations,
        "data_files": stats.data_files,
        "granularity": stats.granularity,
        "recorder": stats.recorder,
        "python": stats.python,
        "recorded_at": stats.recorded_at,
        "duration_s": round(stats.duration_s, 3),
        "stale_files": stats.stale_files,
        "flaky": stats.flaky,
    }


def entry_document(entry: MapEntry) -> Document:
    """``tdad.map-entry/1``."""
    return {
        "schema": "tdad.map-entry/1",
        "kind": entry.kind,
        "name": entry.name,
        "details": dict(entry.details),
        "sections": {title: list(items) for title, items in entry.sections.items()},
    }


def change_document(change: Change) -> Document:
    """One change; fields that say nothing are left out."""
    document: Document = {
        "definition": change.definition,
        "path": change.path,
        "qualname": change.qualname,
        "kind": str(change.kind),
        "part": str(change.part),
        "old": _spans(change.old),
        "new": _spans(change.new),
    }
    optional = {
        "old_path": change.old_path,
        "old_qualname": change.old_qualname,
        "detail": change.detail,
    }
    return document | {key: value for key, value in optional.items() if value}


def _impact(impact: Impact) -> Document:
    return {
        "node_id": impact.node_id,
        "score": round(impact.score, 4),
        "evidence": str(impact.evidence),
        "because": impact.because,
        "change": impact.change.definition if impact.change else None,
        "chain": [{"how": step.how, "what": step.what} for step in impact.chain],
    }


def _map(state: MapState) -> Document:
    return {
        "kind": state.kind,
        "path": state.path,
        "granularity": state.granularity,
        "age_s": None if state.age_s is None else round(state.age_s),
        "stale_files": state.stale_files,
    }


def _spans(spans: tuple[Span, ...]) -> list[list[int]]:
    return [[span.first, span.last] for span in spans]
