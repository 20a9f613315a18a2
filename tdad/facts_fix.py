"""The facts of a repair: what may be undone or changed, what was tried, and what came of it.

Units and shapes are those of :mod:`tdad.facts`. A *patch* is a mapping of paths to the bytes that the files shall have
(``None``: the file goes away); files that are not in it stay as they were at the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from tdad.facts import PASSING, Site, Status

Patch = Mapping[str, bytes | None]
"""Path → new contents."""


@unique
class Template(StrEnum):
    """What a template repair does."""

    OPERATOR = "operator"
    CONDITION = "condition"
    OFF_BY_ONE = "off by one"
    NONE_CHECK = "missing None check"
    ARGUMENTS = "argument order"
    NAME = "wrong name"
    CONSTANT = "constant"
    RETURN = "return value"
    SUPER = "missing super()"
    DECORATOR = "missing decorator"
    AWAIT = "missing await"
    EXCEPT = "exception caught"
    BASE = "base class"
    STATEMENT = "statement seen elsewhere"
    CALL = "call seen elsewhere"


@dataclass(frozen=True, slots=True, order=True)
class Repair:
    """One way to repair one file: the bytes ``start`` to ``end`` become ``replacement``."""

    path: str
    start: int
    end: int
    replacement: str
    template: Template
    qualname: str
    """Definition that it is in; empty: the module."""
    first: int
    last: int
    """Lines of the text that is replaced."""
    at_import: bool
    """It runs when the module is imported or the class is made, so no test is seen to execute it."""
    detail: str
    """``a <= b → a < b``, on one line, shortened."""

    @property
    def definition(self) -> str:
        """``path::qualname``."""
        return f"{self.path}::{self.qualname}"


@dataclass(frozen=True, slots=True, order=True)
class Undo:
    """One hunk of a difference between two versions of a file, that can be undone by itself."""

    path: str
    number: int
    """Of the hunks of the file, from 0."""
    first: int
    last: int
    """Lines of the present version that it replaces; ``last < first``: it inserts before ``first``."""
    new: bytes
    """What stands there when it is undone."""
    whole: bool = False
    """The file as a whole is put back (``new``) or goes away: there is nothing between the two versions."""
    gone: bool = False
    """With ``whole``: undone means that there is no such file."""


@unique
class Engine(StrEnum):
    """Who looks for the patch."""

    AUTO = "auto"
    MODEL = "model"
    SEARCH = "search"


@unique
class Arm(StrEnum):
    """How a patch was found."""

    REVERT = "revert"
    TEMPLATE = "template"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Failure:
    """How a test failed."""

    message: str = ""
    """What went wrong: type and text of the exception, shortened."""
    frames: tuple[Site, ...] = ()
    """Lines of the project on the traceback, outermost first."""
    output: str = ""
    """End of what it printed and logged."""


@dataclass(frozen=True, slots=True)
class Start:
    """The suite as it is before anything was changed."""

    statuses: Mapping[str, Status]
    durations: Mapping[str, float]
    uncollected: Mapping[str, str]
    """File → why it cannot be collected."""
    failures: Mapping[str, Failure]
    flaky: frozenset[str]
    """They did not end alike twice, and are set aside."""
    wall_s: float

    @property
    def passing(self) -> frozenset[str]:
        """Tests that pass, the flaky ones left out."""
        return frozenset(
            name
            for name, status in self.statuses.items()
            if status in PASSING and name not in self.flaky
        )

    @property
    def usual_s(self) -> Mapping[str, float]:
        """How long tests took; not those that were ended because they took too long."""
        late = {name for name, status in self.statuses.items() if status is Status.TIMEOUT}
        return {name: took for name, took in self.durations.items() if name not in late}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a patch did to the tests that were run."""

    fixed: tuple[str, ...]
    """Fail to pass."""
    failing: tuple[str, ...]
    """Targets that still fail."""
    broken: tuple[str, ...]
    """Pass to fail, without those that also fail without the patch when they are run again."""
    flaky: tuple[str, ...]
    """Set aside: they ended differently without any reason."""
    ran: int
    """Tests that were run."""
    total: int
    """Tests that the suite has."""
    whole_suite: bool
    catastrophic: bool
    """Nearly nothing passes any more: the code cannot be imported or collected."""
    seconds: float

    @property
    def good(self) -> bool:
        """All targets pass and nothing broke."""
        return not self.failing and not self.broken

    @property
    def rank(self) -> tuple[int, int]:
        """The smaller the better: what it broke, what still fails."""
        return len(self.broken), len(self.failing)


@dataclass(frozen=True, slots=True)
class Found:
    """A patch that an engine proposes."""

    patch: Patch
    arm: Arm
    why: str
    """One line: what it does."""
    passing: int
    """Targets that passed when it was tried."""
    broke: int
    """Tests at risk that failed when it was tried."""
    overfits: bool = False
    """It makes the tests pass that it was searched with and not those that were held back."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a search did."""

    candidates: int = 0
    """Tried by running tests."""
    pruned: int = 0
    """Not tried: no failing test executes the line, or the text does not parse."""
    overfitted: int = 0
    """Candidates that passed the tests of the search and failed those held back."""
    regressing: int = 0
    """Candidates that passed the failing tests and broke a test at risk."""
    tests_run: int = 0
    notes: tuple[str, ...] = field(default_factory=tuple)


@unique
class AttemptEnd(StrEnum):
    """How an attempt ended."""

    GREEN = "green"
    """All targets pass and nothing at risk is broken."""
    FINISHED = "finished"
    """The model said so."""
    STEPS = "steps"
    TIME = "time"
    TOKENS = "tokens"
    CIRCLES = "circles"
    FORMAT = "format"
    """Three turns in a row that could not be used."""
    CONTEXT = "context"
    """The conversation did not fit, and starting it afresh did not help."""
    SERVER = "server"
    """The server could not be used any more."""
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """What an attempt came to, for the report."""

    number: int
    model: str
    base_url: str
    end: AttemptEnd
    steps: int
    edits: int
    refused: int
    """Edits that a gate refused."""
    tokens: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    seed: int
    temperature: float
    passing: int
    """Targets that pass with its best state."""
    broken: int
    lines: int
    """Of its best patch; 0: there is none."""
    why: str
    """What the model said about it, or what went wrong."""
