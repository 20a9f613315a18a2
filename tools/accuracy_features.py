"""What a ranking can go by, for each test that the recorded map selects, and whether the test failed.

One line of JSON per trial and selected test; the numbers in ``tdad/graph/rank.py`` are fitted to these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from accuracy_measure import Bench


def write_features(bench: Bench, folder: Path) -> None:
    """Write ``features-SUBJECT.jsonl``."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{json.dumps(line)}\n" for line in _lines(bench))
    (folder / f"features-{bench.name}.jsonl").write_text(lines, encoding="utf-8")


def _lines(bench: Bench) -> Iterator[dict[str, Any]]:
    for file in sorted(bench.folder.glob("*.json")):
        found = json.loads(file.read_text(encoding="utf-8"))
        failing = set(found["truth"].get("failing", ()))
        if not failing:
            continue
        trial = {"subject": bench.name, "trial": found["key"], "class": found["kind"]}
        for rank, line in enumerate(found["tdad"].get("features", ()), 1):
            failed = not failing.isdisjoint(bench.positions([line["test"]]))
            yield trial | {"where": found["where"], "rank": rank, "failed": failed} | line
