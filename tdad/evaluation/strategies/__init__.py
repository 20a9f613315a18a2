"""Other ways to choose tests for a change, to compare the map with: pure functions on facts, no reading, no running.

Each takes what a change touched and gives node ids, best first. None of them is used by ``tdad impact``.
"""

from tdad.evaluation.strategies.closure import import_closure
from tdad.evaluation.strategies.contexts import Contexts, by_file, by_function
from tdad.evaluation.strategies.names import same_names
from tdad.evaluation.strategies.paper import Paper, paper_strategy
from tdad.evaluation.strategies.touched import Touched, from_changes

__all__ = [
    "Contexts",
    "Paper",
    "Touched",
    "by_file",
    "by_function",
    "from_changes",
    "import_closure",
    "paper_strategy",
    "same_names",
]
