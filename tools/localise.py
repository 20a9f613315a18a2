"""How well the code to change is found, and whether a model is shown it.

    python tools/localise.py --write         record what is not recorded yet, rank, write the page (make localise)
    python tools/localise.py --table         rank what is recorded by now
    python tools/localise.py --minutes 10    stop recording after so long

Faults: those of ``tools/accuracy_faults`` and real changes put back, as far as the accuracy benchmark saw a test fail.
Recording a fault is one run of the suite; it is kept under ``.bench/localise``, and a killed run goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, zip_longest

from accuracy_setup import prepare
from localise_record import Case, Kept, alone, cases, kept, ready, record
from localise_score import Score, keep_score, known_score, score
from localise_table import print_scores, write_page

NAMES = ("click", "jinja2", "itsdangerous")
WANTED = {"click": (24, 9), "jinja2": (22, 9), "itsdangerous": (20, 8)}
"""Subject → how many seeded faults, how many historical ones."""


def main(arguments: list[str]) -> int:
    """Do what was asked for; the exit code."""
    options = _options(arguments)
    subjects = options.subjects.split(",")
    if not options.table:
        prepare(subjects)
        with ExitStack() as locks:
            mine = [name for name in subjects if locks.enter_context(alone(name))]
            for name in mine:
                ready(name)
            _record(_cases(mine), time.monotonic() + 60 * options.minutes)
    if not options.record:
        recorded = [case for name in subjects for case in kept(name) if not case.left_out]
        scores = list(_scores(recorded, options.new))
        if len(scores) < len(recorded):
            print(f"{len(recorded) - len(scores)} are not ranked: the same command goes on")
            return 0
        planned = sum(number for name in subjects for number in WANTED[name])
        print_scores(scores, planned)
        if options.write:
            write_page(scores, planned)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="localise", description=__doc__.partition("\n")[0])
    parser.add_argument("--subjects", default=",".join(NAMES))
    parser.add_argument(
        "--minutes", type=float, default=1e6, help="stop recording after this long"
    )
    parser.add_argument("--new", type=int, default=10_000, help="rank at most so many anew")
    parser.add_argument("--record", action="store_true", help="rank nothing")
    parser.add_argument("--table", action="store_true", help="record nothing")
    parser.add_argument("--write", action="store_true", help="put the figures into the page")
    return parser.parse_args(arguments)


def _scores(recorded: list[Kept], new: int) -> Iterator[Score]:
    """What is known is not asked again: it is kept with the recording, for this version of the code."""
    for case in recorded:
        found = known_score(case)
        if found is None and new > 0:
            new -= 1
            found = keep_score(case, _score(case))
        if found is not None:
            yield found


def _score(case: Kept) -> Score:
    found = score(case)
    said = " ".join(f"{way} {place}" for way, place in found.ranks.items())
    mark = "shown" if found.shown else "NOT shown"
    print(f"{case.subject} {case.where}: {said}; {mark}; {found.tokens} tokens", flush=True)
    return found


def _cases(subjects: list[str]) -> list[Case]:
    """Subjects in turn, so that what is there when the time is over has all of them."""
    each = [list(cases(name, *WANTED[name])) for name in subjects]
    return [case for case in chain.from_iterable(zip_longest(*each)) if case is not None]


def _record(work: list[Case], until: float) -> None:
    for at, case in enumerate(work, 1):
        if case.recorded:
            continue
        if time.monotonic() > until:
            print("the time is over: the same command goes on", file=sys.stderr)
            return
        began = time.monotonic()
        said = record(case)
        took = f"{time.monotonic() - began:.0f} s"
        what = said.get("left out") or f"{said['failing']} of {said['total']} tests fail"
        print(f"{at}/{len(work)} {case.subject} {case.trial.where} [{took}]: {what}", flush=True)
    print("all recorded", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
