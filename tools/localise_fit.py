"""What the weights of localisation are worth: a source left out, other weights, weights fitted to other projects.

    python tools/localise.py --record       # make the recordings
    python tools/localise_fit.py            # print the tables (two to four minutes)
    python tools/localise_fit.py --write    # put them into the page

"Fitted to the others": a search over all weights, from values that are the same for every source, on the faults of two
projects; the faults of the third tell what such weights are worth on code that they were not fitted to.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from localise import NAMES
from localise_record import Kept, kept
from localise_score import TOP, rank, view
from localise_table import put
from localise_truth import stretches, truth

from tdad.graph.resolve import Resolver
from tdad.graph.suspects import Weights, spectrum
from tdad.graph.suspects.cases import Case
from tdad.graph.suspects.formulas import ochiai
from tdad.graph.suspects.ground import Ground
from tdad.graph.suspects.rank import examine
from tdad.source import index
from tdad.store import open_map
from tdad.workflows.faults import is_test_code
from tdad.workflows.head import HeadFacts, current_digests
from tdad.workflows.impact import patterns
from tdad.workflows.prompt_material import clues_of

BEGIN, END = "<!-- weights: begin -->", "<!-- weights: end -->"
SAME = Weights(
    recall=1.0,
    after=0.5,
    **dict.fromkeys(("lacking", "named", "blamed", "written"), 0.5),
    **dict.fromkeys(
        ("named_too", "asked", "frames", "blamed_too", "mentioned", "kin", "written_too"), 0.05
    ),
)
"""Where the search begins: every source counts alike."""
VALUES = {
    "recall": (0.0, 0.5, 1.0, 2.0, 3.0),
    "after": (0.0, 0.3, 0.6, 0.9),
    **dict.fromkeys(("lacking", "named", "blamed", "written"), (0.0, 0.3, 0.5, 0.7, 0.9)),
}
LESS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.3)
"""Values of what is added to the strongest source."""
LEFT_OUT: Sequence[tuple[str, Callable[[Weights], Weights]]] = (
    ("the share of the failing tests", lambda w: replace(w, recall=0.0)),
    ("what runs after the failure", lambda w: replace(w, after=0.0)),
    ("attributes that messages miss", lambda w: replace(w, lacking=0.0)),
    ("names in messages", lambda w: replace(w, named=0.0, named_too=0.0)),
    ("what the failing line uses", lambda w: replace(w, blamed=0.0, blamed_too=0.0)),
    ("who sets what suspicious lines read", lambda w: replace(w, written=0.0, written_too=0.0)),
    ("names on the failing lines of tests", lambda w: replace(w, asked=0.0)),
    ("tracebacks", lambda w: replace(w, frames=0.0)),
    ("what tests mention and are called", lambda w: replace(w, mentioned=0.0, kin=0.0)),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One recorded fault: the cases before they are weighed."""

    subject: str
    right: tuple[str, ...]
    """Definitions that have to change."""
    cases: tuple[tuple[float, Case], ...]
    """(share of the failing tests that execute it, case), by definition."""

    def place(self, weights: Weights) -> int:
        """Rank of the first definition to change; 0: it is not in the list."""
        scores = [
            (-round(case.score(share, weights) / weights.most, 6), case.definition)
            for share, case in self.cases
        ]
        return rank([definition for _, definition in sorted(scores)], self.right)


def main(arguments: Sequence[str]) -> int:
    """Measure, print, write."""
    trials = [trial(case) for name in NAMES for case in kept(name) if not case.left_out]
    lines = list(_lines(trials))
    print("\n".join(lines))
    if "--write" in arguments:
        put(BEGIN, END, lines)
    return 0


def trial(case: Kept) -> Trial:
    """The cases of one fault."""
    begun = case.begun
    assert begun is not None
    ground, failing = view(case), frozenset(begun.targets)
    found = patterns(ground.project)
    with open_map(begun.map_path, mode="read") as store:
        recorded = store.recorded()
        seen = spectrum(recorded, failing)
        digests, _ = current_digests(ground.copied, store)
        resolver = Resolver(HeadFacts(ground.copied.root, digests, store))
        what = Ground(recorded, resolver, seen, ochiai, lambda path: is_test_code(path, found))
        examine(what, failing, clues_of(begun.start.failures, begun.targets, {}))
    right = truth(
        index(case.path, case.wrong),
        index(case.path, case.right),
        stretches(case.wrong, case.right),
    )
    cases = sorted(what.cases.values(), key=lambda each: each.definition)
    total = max(1, seen.total_failed)
    shares = ((each.tests & seen.failing).bit_count() / total for each in cases)
    return Trial(case.subject, right, tuple(zip(shares, cases, strict=True)))


def fit(trials: Sequence[Trial]) -> Weights:
    """One weight after the other, each the best of a few values, until nothing gets better."""
    weights, best = SAME, worth(trials, SAME)
    for _ in range(4):
        before = best
        for name in (each.name for each in fields(Weights) if each.name != "recent"):
            for value in VALUES.get(name, LESS):
                other = replace(weights, **{name: value})
                if (found := worth(trials, other)) > best + 0.01:
                    weights, best = other, found
        if best == before:
            break
    return weights


def worth(trials: Sequence[Trial], weights: Weights) -> float:
    """What the search makes as large as it can: faults among the first five, and their reciprocal places."""
    places = [each.place(weights) for each in trials]
    return sum((place <= 5) + 1 / place for place in places if place)


def _lines(trials: Sequence[Trial]) -> Iterator[str]:
    yield (
        "| weights | "
        + " | ".join(f"{name}, top 5" for name in NAMES)
        + " | all, top 1 | top 3 | top 5 | top 10 |"
    )
    yield "|---|" + "---|" * (len(NAMES) + len(TOP))
    yield _row("as they are", trials, dict.fromkeys(NAMES, Weights()))
    fitted = {name: fit([each for each in trials if each.subject != name]) for name in NAMES}
    yield _row("fitted to the other two projects", trials, fitted)
    yield _row("every source alike", trials, dict.fromkeys(NAMES, SAME))
    yield _row("fitted to all", trials, dict.fromkeys(NAMES, fit(trials)))
    for words, without in LEFT_OUT:
        yield _row(f"without {words}", trials, dict.fromkeys(NAMES, without(Weights())))


def _row(words: str, trials: Sequence[Trial], weights: dict[str, Weights]) -> str:
    places = {
        name: [each.place(weights[name]) for each in trials if each.subject == name]
        for name in NAMES
    }
    parts = [_share(places[name], 5) for name in NAMES]
    every = [place for some in places.values() for place in some]
    return f"| {words} | " + " | ".join([*parts, *(_share(every, top) for top in TOP)]) + " |"


def _share(places: Sequence[int], top: int) -> str:
    number = sum(0 < place <= top for place in places)
    return f"{number} ({100 * number / max(1, len(places)):.0f} %)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
