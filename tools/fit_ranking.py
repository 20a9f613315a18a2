"""Fit the weights of tdad/graph/rank.py to trials with a known outcome, and check them on subjects left out.

    python tools/accuracy.py --features FOLDER     # writes FOLDER/features-SUBJECT.jsonl
    python tools/fit_ranking.py FOLDER

Each trial is a change, the tests that tdad selects for it, and which of them fail. The likelihood is that of drawing a
failing test first, when a test is drawn with a chance proportional to exp(odds): what users want is one failing test
early. Prints the weights for all subjects, and for each subject how weights fitted to the others order it.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tdad.graph.affinity import share, words

NAMES = ("breadth", "focus", "file", "name", "class", "nothing else")
AGAIN = 0.6
PENALTY = 10.0
"""Of the squares of the weights, in units of one standard deviation: there are few trials."""
STEPS = 400
BANDS = ("observed", "derived", "static", "precaution")


@dataclass(frozen=True, slots=True)
class Trial:
    """One change: the numbers of each selected test, its function, its evidence, and whether it fails."""

    subject: str
    numbers: tuple[tuple[float, ...], ...]
    functions: tuple[str, ...]
    bands: tuple[int, ...]
    fails: tuple[bool, ...]


def main(arguments: Sequence[str]) -> int:
    """Fit, check, print."""
    trials = [trial for name in arguments for trial in read(Path(name))]
    if not trials:
        print(__doc__, file=sys.stderr)
        return 2
    print(f"{len(trials)} trials in which a selected test fails")
    print("all:", _shown(fit(trials)))
    for subject in sorted({trial.subject for trial in trials}):
        others = [trial for trial in trials if trial.subject != subject]
        own = [trial for trial in trials if trial.subject == subject]
        if others:
            print(f"{subject}, by weights of the others:", _ranks(own, fit(others)))
    return 0


def read(folder: Path) -> list[Trial]:
    """The trials in the files of a folder."""
    rows: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for file in sorted(folder.glob("features-*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "breadth" in row:
                rows[row["subject"], row["trial"]].append(row)
    return [
        Trial(
            subject,
            tuple(numbers(row) for row in found),
            tuple(row["test"].partition("[")[0] for row in found),
            tuple(BANDS.index(row["evidence"]) for row in found),
            tuple(bool(row["failed"]) for row in found),
        )
        for (subject, _), found in rows.items()
        if any(row["failed"] for row in found)
    ]


def numbers(row: Mapping[str, Any]) -> tuple[float, ...]:
    """What the model knows of a test, in the order of ``NAMES``; see ``tdad.graph.rank``."""
    path, _, qualname = row["changed"].partition("::")
    outer, _, name = qualname.rpartition(".")
    test_path, _, test = row["test"].partition("[")[0].partition("::")
    common = frozenset({"test", "tests"})
    own, cls, file = words(name), words(outer), _file(path)
    test_name, test_names = words(test.rpartition("::")[2]) - common, words(test) - common
    return (
        math.log1p(row["breadth"]),
        min(1.0, row["in_file"] / max(1, row["breadth"])),
        share(file, _file(test_path) - common),
        share(own, test_name),
        share(cls, test_names),
        share(test_name, own | cls | file),
    )


def _file(path: str) -> frozenset[str]:
    return words(path.rpartition("/")[2].removesuffix(".py"))


def fit(trials: Sequence[Trial]) -> tuple[float, ...]:
    """Weights of most likelihood, by gradient ascent with a step that shrinks when it overshoots."""
    scale = _deviations(trials)
    scaled = [
        [tuple(x / s for x, s in zip(row, scale, strict=True)) for row in trial.numbers]
        for trial in trials
    ]
    weights, rate = [0.0] * len(NAMES), 0.05
    best, slope = _likelihood(weights, trials, scaled)
    for _ in range(STEPS):
        tried = [w + rate * g for w, g in zip(weights, slope, strict=True)]
        value, new_slope = _likelihood(tried, trials, scaled)
        if value > best:
            weights, best, slope, rate = tried, value, new_slope, rate * 1.2
        else:
            rate /= 2
    return tuple(w / s for w, s in zip(weights, scale, strict=True))


def _deviations(trials: Sequence[Trial]) -> list[float]:
    columns = list(zip(*(row for trial in trials for row in trial.numbers), strict=True))
    means = [sum(column) / len(column) for column in columns]
    return [
        math.sqrt(sum((x - mean) ** 2 for x in column) / len(column)) or 1.0
        for column, mean in zip(columns, means, strict=True)
    ]


def _likelihood(
    weights: Sequence[float],
    trials: Sequence[Trial],
    scaled: Sequence[Sequence[tuple[float, ...]]],
) -> tuple[float, list[float]]:
    total = -PENALTY / 2 * sum(w * w for w in weights)
    slope = [-PENALTY * w for w in weights]
    for trial, rows in zip(trials, scaled, strict=True):
        odds = [sum(w * x for w, x in zip(weights, row, strict=True)) for row in rows]
        top = max(odds)
        chances = [math.exp(each - top) for each in odds]
        whole = sum(chances)
        failing = sum(c for c, fails in zip(chances, trial.fails, strict=True) if fails)
        total += math.log(failing / whole + 1e-12)
        for row, chance, fails in zip(rows, chances, trial.fails, strict=True):
            pull = (chance / failing if fails and failing else 0.0) - chance / whole
            if pull:
                for at, x in enumerate(row):
                    slope[at] += pull * x
    return total, slope


def rank_of_first_failing(trial: Trial, weights: Sequence[float]) -> int:
    """Where the first failing test stands; 1 is the best."""
    waiting = [
        (band, -sum(w * x for w, x in zip(weights, row, strict=True)), at)
        for at, (band, row) in enumerate(zip(trial.bands, trial.numbers, strict=True))
    ]
    placed: dict[str, int] = defaultdict(int)
    position = 0
    while True:
        position += 1
        waiting.sort(
            key=lambda one: (one[0], one[1] + AGAIN * min(6, placed[trial.functions[one[2]]]))
        )
        at = waiting.pop(0)[2]
        if trial.fails[at]:
            return position
        placed[trial.functions[at]] += 1


def _ranks(trials: Sequence[Trial], weights: Sequence[float]) -> str:
    ranks = [rank_of_first_failing(trial, weights) for trial in trials]
    shares = (f"first {n} {sum(r <= n for r in ranks) / len(ranks):.0%}" for n in (1, 5, 20))
    return f"{', '.join(shares)} of {len(ranks)}; {_shown(weights)}"


def _shown(weights: Sequence[float]) -> str:
    return ", ".join(f"{name} {w:.2f}" for name, w in zip(NAMES, weights, strict=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
