"""Results of repairs: one line of JSON each, in ``.bench/repair/`` as they come, and in the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench_setup import ROOT
from repair_setup import REPAIR

FILE = ROOT / "docs" / "explanation" / "repair-results.jsonl"
Result = Mapping[str, Any]
KEY = ("subject", "key", "way")


def fresh(name: str) -> Path:
    """Where the results of a subject are written as they come."""
    return REPAIR / f"results-{name}.jsonl"


def add(name: str, results: list[dict[str, Any]]) -> None:
    """Append results."""
    with fresh(name).open("a", encoding="utf-8") as file:
        file.writelines(_line(each) + "\n" for each in results)


def known(name: str) -> set[tuple[str, str]]:
    """(key, way) of what was measured here already."""
    return {(each["key"], each["way"]) for each in _read(fresh(name))}


def kept() -> list[Result]:
    """What is in the repository."""
    return list(_read(FILE))


def keep(names: list[str]) -> None:
    """Put the subjects' results into the repository; a newer one replaces an older one of the same bug and way."""
    found = {_key(each): each for each in kept()}
    for name in names:
        found.update({_key(each): each for each in _read(fresh(name))})
    lines = [_line(found[key]) for key in sorted(found)]
    FILE.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _key(result: Result) -> tuple[str, ...]:
    return tuple(str(result[name]) for name in KEY)


def _line(result: Result) -> str:
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


def _read(file: Path) -> Iterator[Result]:
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)
