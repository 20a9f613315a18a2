"""How much does ``tdad fix`` repair without a model? Bugs in real projects, each with a history around it.

    python tools/repair.py [--subjects itsdangerous,click,jinja2] [--seeded 20] [--other 10] [--historical 11]
                           [--ways good,bisect,template] [--minutes M] [--again] [--table]

Everything is made and kept in ``.bench/repair/``; a stopped run goes on where it was. The results are written to
``docs/explanation/repair-results.jsonl`` and the tables to ``docs/explanation/repair.md``. ``--sample``: three bugs of
each subject, printed and not written.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from accuracy_setup import NoPythonError
from repair_bugs import HISTORICAL, KINDS, OTHER, SEEDED, Bug, bugs
from repair_harmless import harmless
from repair_measure import BISECT, GOOD, TEMPLATE, measure
from repair_results import add, keep, known
from repair_setup import NAMES, alone, baseline, clean, prepare
from repair_table import print_summary, write_page
from subjects import SubjectError

WAYS = {"good": GOOD, "bisect": BISECT, "template": TEMPLATE}
USUAL = {SEEDED: 20, OTHER: 10, HISTORICAL: 11}
SAMPLE = dict.fromkeys(KINDS, 1)


def main(arguments: list[str]) -> int:
    """Measure what was asked for; the exit code."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs is ended
    until = time.monotonic() + options.minutes * 60
    try:
        if not options.table:
            prepare(options.subjects)
            measured: list[dict[str, Any]] = []
            for name in options.subjects:
                with alone(name):
                    measured += _subject(name, options, until)
            if options.sample:
                print_summary(measured)
                return 0
    except (SubjectError, NoPythonError) as error:
        print(f"repair: {error}", file=sys.stderr)
        return 1
    keep(list(NAMES))
    write_page()
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="repair", description=__doc__.partition("\n")[0])
    parser.add_argument("--subjects", type=_names, default=list(NAMES))
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, default=USUAL[kind], help="bugs per subject")
    parser.add_argument("--ways", type=lambda text: text.split(","), default=list(WAYS))
    parser.add_argument("--minutes", type=float, default=1e6, help="begin no bug after this long")
    parser.add_argument("--limit", default="10m", help="for the search of one way")
    parser.add_argument("--jobs", type=int, default=1, help="candidates at once")
    parser.add_argument("--again", action="store_true", help="measure again what is known")
    parser.add_argument("--sample", action="store_true", help="three bugs of each subject")
    parser.add_argument("--table", action="store_true", help="write down what is measured by now")
    options = parser.parse_args(arguments)
    if options.sample:
        options.again = True
        for kind, number in SAMPLE.items():
            setattr(options, kind, number)
    return options


def _names(text: str) -> list[str]:
    found = text.split(",")
    if wrong := [name for name in found if name not in NAMES]:
        raise argparse.ArgumentTypeError(f"{wrong[0]} is none of {', '.join(NAMES)}")
    return found


def _subject(name: str, options: argparse.Namespace, until: float) -> Iterator[dict[str, Any]]:
    """Measure one subject's bugs until all are, or the time is over."""
    clean(name)
    baseline(name)
    beside = harmless(name)
    done = set() if options.again else known(name, limit=options.limit)
    for bug in _mixed(name, options):
        ways = [WAYS[way] for way in options.ways if (bug.key, WAYS[way]) not in done]
        if not ways:
            continue
        if time.monotonic() > until:
            print(f"{name}: the time is over", flush=True)
            return
        extra = ["--jobs", str(options.jobs), "--time", options.limit]
        found = [
            result | {"limit": options.limit} for result in measure(name, bug, beside, ways, extra)
        ]
        add(name, found)
        for result in found:
            _say(result)
        yield from found


def _mixed(name: str, options: argparse.Namespace) -> Iterator[Bug]:
    """Of each kind one in turn: what is there when the time is over has all."""
    clean(name)
    sources = [iter(list(islice(bugs(name, kind), getattr(options, kind)))) for kind in KINDS]
    while sources:
        for source in list(sources):
            found = next(source, None)
            if found is None:
                sources.remove(source)
            else:
                yield found


def _say(result: dict[str, Any]) -> None:
    end = "fixed" if result["fixed"] else f"- {result['end']}"
    print(
        f"{result['subject']} {result['kind']} {result['where']} {result['what']}\n"
        f"   {result['way']}: {end}, {result['candidates']} tried,"
        f" {result['search_s']:.0f} s after {result['start_s']:.0f} s. {result['why']}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
