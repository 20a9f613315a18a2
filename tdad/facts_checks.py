"""What tests demand: the facts with which two versions of the same tests are compared.

Units and shapes are those of :mod:`tdad.facts`. Expressions are in a *normal form* in which layout, quotes,
parentheses and names of local variables that are assigned once make no difference; it is for comparing, ``text`` is for
people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum, unique

from tdad.facts import Span
from tdad.facts_gate import PolicyKind


@unique
class CheckKind(StrEnum):
    """What sort of demand a check makes of its subject."""

    EXACT = "exact"
    """``==``, ``is``, ``assertEqual``: one value and no other."""
    UNORDERED = "unordered"
    """``assertCountEqual``: one value in any order."""
    APPROXIMATE = "approximate"
    SIZE = "size"
    """How many: ``len(x) == 3``."""
    ORDER = "order"
    MEMBER = "member"
    """``in``, ``startswith``, a regular expression: a part of the value, or one of several values."""
    TYPE = "type"
    ALTERNATIVE = "alternative"
    """``a or b``."""
    DIFFERENT = "different"
    TRUTH = "truth"
    RAISES = "raises"
    WARNS = "warns"
    CALLED = "called"
    """A mock was called; with which arguments is ``expected``."""
    HELPER = "helper"
    """A function that is named like one that checks, and that cannot be read here."""
    UNREACHED = "unreached"
    """``pytest.fail()``, ``raise AssertionError``: to get here is the failure."""
    NOTHING = "nothing"
    """``assert True``, ``assert x == x``: cannot fail."""


class Strength(IntEnum):
    """How much a kind of check demands of the same subject; only the order matters."""

    NONE = 0
    SOME = 2
    PART = 3
    CLOSE = 5
    EXACT = 6


STRENGTHS = {
    CheckKind.EXACT: Strength.EXACT,
    CheckKind.UNORDERED: Strength.CLOSE,
    CheckKind.APPROXIMATE: Strength.CLOSE,
    CheckKind.SIZE: Strength.PART,
    CheckKind.ORDER: Strength.PART,
    CheckKind.MEMBER: Strength.PART,
    CheckKind.TYPE: Strength.PART,
    CheckKind.ALTERNATIVE: Strength.PART,
    CheckKind.DIFFERENT: Strength.SOME,
    CheckKind.TRUTH: Strength.SOME,
    CheckKind.RAISES: Strength.EXACT,
    CheckKind.WARNS: Strength.EXACT,
    CheckKind.CALLED: Strength.EXACT,
    CheckKind.HELPER: Strength.EXACT,
    CheckKind.UNREACHED: Strength.EXACT,
    CheckKind.NOTHING: Strength.NONE,
}


@unique
class GuardKind(StrEnum):
    """What stands around a check so that it may not be made, or not count."""

    IF = "if"
    LOOP = "loop"
    """Over something that may be empty."""
    SWALLOWED = "swallowed"
    """A failure of it is caught and dropped."""
    UNHEARD = "unheard"
    """It is made in a thread, a task or a clean-up, whose failure does not fail the test."""
    HANDLER = "handler"
    """It is made only when something was raised."""


@dataclass(frozen=True, slots=True, order=True)
class Guard:
    """One condition under which a check is made."""

    kind: GuardKind
    what: str
    """Normal form of the condition, the iterable, or what is caught."""
    text: str = field(compare=False, default="")
    environment: bool = field(compare=False, default=False)
    """It asks for the platform or a version: two branches of it are two worlds."""


@dataclass(frozen=True, slots=True, order=True)
class Tolerance:
    """How far off an approximate value may be; ``None``: the default. A string is an expression that is no number."""

    relative: float | str | None = None
    absolute: float | str | None = None
    places: float | str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One demand of a test."""

    kind: CheckKind
    subject: str
    """Normal form of what is looked at; of RAISES and WARNS the exceptions, sorted and joined with ``|``."""
    expected: str = ""
    """Normal form of what it is compared with; of RAISES and WARNS what the message has to match."""
    tolerance: Tolerance = Tolerance()
    guards: tuple[Guard, ...] = ()
    """Outermost first."""
    parts: tuple[str, ...] = ()
    """Of ALTERNATIVE: the keys of the alternatives."""
    plain: tuple[str, str] = ("", "")
    """Subject and expected with the names of local variables as they are: the same check after another preparation."""
    text: str = ""
    """Source, on one line, shortened."""
    path: str = ""
    line: int = 0

    @property
    def key(self) -> str:
        """Equal for checks that demand the same, whatever is around them."""
        wide = "" if self.tolerance == Tolerance() else f" {self.tolerance}"
        return f"{self.kind} {self.subject} {self.expected}{wide}"

    @property
    def strength(self) -> Strength:
        """How much it demands of its subject."""
        return STRENGTHS[self.kind]


@unique
class PassKind(StrEnum):
    """Why a test need not pass."""

    SKIP = "skip"
    XFAIL = "xfail"
    RETRY = "retry"
    """It is run again until it passes."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One excuse of a test: a mark, a decorator, or a call in its body."""

    kind: PassKind
    condition: str = ""
    """Normal form; empty: always."""
    strict: bool = False
    raises: str = ""
    inside: bool = False
    """A call in the body, not a mark."""
    text: str = ""
    line: int = 0

    @property
    def key(self) -> tuple[str, str, bool]:
        """Equal for excuses that excuse the same."""
        return (self.kind, self.condition, self.inside)


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One row of ``parametrize``."""

    values: tuple[str, ...]
    """Normal forms."""
    excused: tuple[Pass, ...] = ()
    """Marks of ``pytest.param``."""
    text: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Parametrization:
    """One ``parametrize`` mark."""

    names: tuple[str, ...]
    sets: tuple[ParameterSet, ...] | None
    """``None``: made by code that cannot be read here."""
    text: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Mock:
    """Something that a test replaces."""

    target: str
    """Dotted name as far as it is known: ``shop.cart.total``."""
    line: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class CheckedTest:
    """One test, or one function that tests call to check, in one version."""

    path: str
    qualname: str
    span: Span
    is_test: bool
    body: str
    """Digest of the body in normal form, without its docstring; equal for a test that was only moved or renamed."""
    statements: tuple[str, ...]
    """Digests of its simple statements: how alike two tests are."""
    checks: tuple[Check, ...] = ()
    expanded: tuple[str, ...] = ()
    """Keys of its checks, one for each row of its parameters and of loops over literals."""
    passes: tuple[Pass, ...] = ()
    parameters: tuple[Parametrization, ...] = ()
    mocks: tuple[Mock, ...] = ()
    calls: tuple[str, ...] = ()
    """Last names of the functions that it calls, sorted."""
    is_fixture: bool = False
    """Pytest or unittest runs it for tests that do not call it."""

    @property
    def name(self) -> str:
        """Last component of the qualname."""
        return self.qualname.rpartition(".")[2]

    @property
    def definition(self) -> str:
        """``path::qualname``."""
        return f"{self.path}::{self.qualname}"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """All that one version of one test file demands."""

    path: str
    tests: tuple[CheckedTest, ...] = ()
    """In the order of the file; of several of one name the last, as Python has it."""
    passes: tuple[Pass, ...] = ()
    """Marks and calls at the level of the module."""
    error: str | None = None
    """Why it could not be parsed; then everything else is empty."""


@dataclass(frozen=True, slots=True, order=True)
class Weakening:
    """One thing that the tests demand less than before, or differently."""

    kind: PolicyKind
    path: str
    line: int
    """Of the head's version; 0 when the file is gone."""
    test: str
    """``path::qualname``; empty: the whole file."""
    message: str
    """One line, without a full stop."""
    certain: bool = True
    """False: it may be a refactoring, and is never more than a warning."""
    old: str = ""
    """What stood there, on one line."""
    new: str = ""
