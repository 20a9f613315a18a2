"""Which of the tests that were collected are run, and in which order. Standard library only, Python 3.6 syntax."""

import hashlib
import random


class Choice:
    """Which items are run, and in which order."""

    def __init__(self, wanted):
        self.everything = wanted["everything"]
        self.places = {name: place for place, name in enumerate(wanted["ids"])}
        self.files = set(wanted["files"])
        self.beside = set(wanted["beside"])
        self.known = set(wanted["known"])
        self.sample = wanted["sample"]
        self.seed = wanted["seed"]
        self.order = wanted["order"]
        self.spots = wanted["spots"]
        self.loose = wanted["loose"]
        self.aliases = {}
        self.whole = set()

    def match(self, names):
        """Look for tests that were asked for and are not there: parameter ids may be others in every process.

        A test that is the n-th of so many of its function is then the n-th, if there are as many (``aliases``: name →
        the one that was asked for). With ``loose``, all sets of parameters of the function are wanted instead.
        """
        there = set(names)
        missing = [name for name in self.places if "[" in name and name not in there]
        if not missing:
            return
        sets = {}
        for name in names:
            sets.setdefault(name.partition("[")[0], []).append(name)
        for name in missing:
            base = name.partition("[")[0]
            place, count = self.spots.get(name, (0, 0))
            if count and len(sets.get(base, ())) == count:
                self.aliases[sets[base][place]] = name
            elif self.loose:
                self.whole.add(base)

    def wanted(self, name):
        """Tell whether the test was asked for."""
        path, base = name.partition("::")[0], name.partition("[")[0]
        return (
            self.everything
            or name in self.places
            or base in self.places
            or base in self.whole
            or name in self.aliases
            or path in self.places
            or path in self.files
            or ((path in self.beside or "*" in self.beside) and name not in self.known)
        )

    def drawn(self, name):
        """Tell whether a test that was not asked for is run by chance: always the same ones for one seed."""
        digest = hashlib.sha256((self.seed + name).encode("utf-8", "replace")).digest()
        return int.from_bytes(digest[:6], "big") < self.sample * 2**48

    def place(self, name):
        """Position among what was asked for."""
        last = len(self.places)
        name = self.aliases.get(name, name)
        return min(
            self.places.get(name, last),
            self.places.get(name.partition("[")[0], last),
            self.places.get(name.partition("::")[0], last),
        )

    def arranged(self, named):
        """(name, item) pairs in the order that was asked for."""
        if self.order == "given":
            return sorted(named, key=lambda pair: self.place(pair[0]))
        if self.order == "ranked":
            best = {}
            for name, _ in named:
                path = name.partition("::")[0]
                best[path] = min(best.get(path, len(self.places)), self.place(name))
            return sorted(named, key=lambda pair: best[pair[0].partition("::")[0]])
        if self.order == "shuffled":
            named = sorted(named, key=lambda pair: pair[0])
            random.Random(self.seed).shuffle(named)  # noqa: S311 - an order, not a secret
        return named
