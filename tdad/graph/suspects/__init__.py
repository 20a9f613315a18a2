"""Fault localisation: which definitions are most likely wrong, given who failed and what each test executed.

Three sources, each a value: the spectrum of the recording (:mod:`spectrum`, :mod:`formulas`), the static graph for what
no test is seen to execute (constants, class attributes), and clues from outside (tracebacks, what changed lately).
"""

from tdad.graph.suspects.cases import Weights
from tdad.graph.suspects.facts import Clues, Suspect
from tdad.graph.suspects.formulas import FORMULAS, Formula, ochiai
from tdad.graph.suspects.rank import suspects
from tdad.graph.suspects.spectrum import Spectrum, spectrum

__all__ = [
    "FORMULAS",
    "Clues",
    "Formula",
    "Spectrum",
    "Suspect",
    "Weights",
    "ochiai",
    "spectrum",
    "suspects",
]
