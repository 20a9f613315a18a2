"""Results of trials: what of each measurement is kept in the repository, one line of JSON per trial."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from accuracy_measure import RECORDED, STATIC, TESTMON_WAY, Bench
from accuracy_run import GOOD
from bench_setup import ROOT

FILE = ROOT / "docs" / "explanation" / "accuracy-results.jsonl"
NAMED = 5
"""Missed tests that are named per trial; how many there are is said of all."""


@dataclass(frozen=True, slots=True)
class Way:
    """One strategy on one trial."""

    selected: int
    missed: int
    first: int | None
    """Rank of the first failing test, from 1; ``None``: none was selected."""
    time: float
    """Share of the suite's time that the selected tests take."""


@dataclass(frozen=True, slots=True)
class Result:
    """One trial that fails at least one test."""

    subject: str
    key: str
    kind: str
    where: str
    what: str
    total: int
    """Tests in the suite."""
    failing: int
    ways: Mapping[str, Way]
    missed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Way of ours → the first tests it missed."""
    precaution: bool = False
    """Some test was selected by the recorded map only because nothing proves it safe."""


def result_of(bench: Bench, found: Mapping[str, Any]) -> Result | None:
    """What is kept of one measurement; ``None``: no test fails, or the truth is not known."""
    failing = found["truth"].get("failing")
    if not failing:
        return None
    selections: dict[str, list[int]] = dict(found["pure"])
    selections[TESTMON_WAY] = found["testmon"]["selected"]
    selections[RECORDED] = found["tdad"]["recorded"]["selected"]
    selections[STATIC] = found["tdad"]["static"]["selected"]
    ids = bench.node_ids
    return Result(
        subject=bench.name,
        key=found["key"],
        kind=found["kind"],
        where=found["where"],
        what=found["what"],
        total=len(ids),
        failing=len(failing),
        ways={way: _way(bench, chosen, failing) for way, chosen in selections.items()},
        missed={
            way: [ids[at] for at in sorted(lost)[:NAMED]]
            for way in (RECORDED, STATIC)
            if (lost := set(failing) - set(selections[way]))
        },
        precaution="precaution" in found["tdad"]["recorded"]["evidence"],
    )


def _way(bench: Bench, chosen: Sequence[int], failing: Sequence[int]) -> Way:
    wanted = set(failing)
    first = next((rank for rank, at in enumerate(chosen, 1) if at in wanted), None)
    times = [bench.before.seconds[node_id] for node_id in bench.node_ids]
    spent = sum(times[at] for at in chosen) / sum(times)
    return Way(len(chosen), len(wanted - set(chosen)), first, round(spent, 4))


def results_of(bench: Bench) -> Iterator[Result]:
    """Return every result that is there of a subject, in the order of their keys."""
    for file in sorted(bench.folder.glob("*.json")):
        result = result_of(bench, json.loads(file.read_text(encoding="utf-8")))
        if result is not None:
            yield result


def left_out(bench: Bench) -> dict[str, int]:
    """Return why trials are no results → how many."""
    counted: dict[str, int] = {}
    for file in bench.folder.glob("*.json"):
        truth = json.loads(file.read_text(encoding="utf-8"))["truth"]
        if not truth.get("failing"):
            why = truth.get("left out", "no test fails")
            counted[why] = counted.get(why, 0) + 1
    return counted


def keep(bench: Bench, results: Sequence[Result], about: Mapping[str, Any]) -> None:
    """Put a subject's results into the repository, in the place of earlier ones."""
    others = [line for line in _lines() if json.loads(line)["subject"] != bench.name]
    head = {
        "subject": bench.name,
        "about": dict(about)
        | {
            "tests": len(bench.node_ids),
            "passing": sum(end in GOOD for end in bench.before.ends.values()),
            "seconds": round(bench.before.wall_s, 1),
            "left out": left_out(bench),
        },
    }
    lines = [_line(head), *(_line(asdict(each)) for each in results)]
    FILE.write_text("".join(f"{line}\n" for line in [*others, *lines]), encoding="utf-8")


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _lines() -> list[str]:
    return FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []


def kept() -> tuple[dict[str, dict[str, Any]], list[Result]]:
    """What is in the repository: subject → about it, and all results."""
    abouts: dict[str, dict[str, Any]] = {}
    results: list[Result] = []
    for line in _lines():
        value = json.loads(line)
        if "about" in value:
            abouts[value["subject"]] = value["about"]
        else:
            value["ways"] = {name: Way(**way) for name, way in value["ways"].items()}
            results.append(Result(**value))
    return abouts, results
