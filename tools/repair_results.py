"""Results of repairs: one line of JSON each, in ``.bench/repair/`` as they come, and in the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench_setup import ROOT
from repair_setup import REPAIR

SEARCH, MODELS = "repair", "repair-model"
"""Which results: names of files begin with it."""
Result = Mapping[str, Any]
KEY = ("subject", "key", "way")


def committed(which: str) -> Path:
    """Where results are kept in the repository."""
    return ROOT / "docs" / "explanation" / f"{which}-results.jsonl"


def fresh(name: str, which: str) -> Path:
    """Where the results of a subject are written as they come."""
    return REPAIR / f"{which}-results-{name}.jsonl"


def add(name: str, results: list[dict[str, Any]], which: str = SEARCH) -> None:
    """Append results."""
    with fresh(name, which).open("a", encoding="utf-8") as file:
        file.writelines(_line(each) + "\n" for each in results)


def known(name: str, which: str = SEARCH, limit: str = "") -> set[tuple[str, str]]:
    """(key, way) of what was measured here already; what another limit than ``limit`` ended is not known."""
    return {
        (each["key"], each["way"])
        for each in _read(fresh(name, which))
        if not limit or each["fixed"] or each.get("limit", "10m") == limit
    }


def kept(which: str = SEARCH) -> list[Result]:
    """What is in the repository."""
    return list(_read(committed(which)))


def keep(names: list[str], which: str = SEARCH) -> None:
    """Put the subjects' results into the repository; a newer one replaces an older one of the same bug and way."""
    found = {_key(each): each for each in kept(which)}
    for name in names:
        found.update({_key(each): each for each in _read(fresh(name, which))})
    lines = [_line(found[key]) for key in sorted(found)]
    committed(which).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _key(result: Result) -> tuple[str, ...]:
    return tuple(str(result[name]) for name in KEY)


def _line(result: Result) -> str:
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


def _read(file: Path) -> Iterator[Result]:
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)
