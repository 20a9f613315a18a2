"""The facts: frozen values that the stages exchange. They know no library and import nothing of ours.

Units and shapes, once for the whole product: lines are 1-based and inclusive; paths are POSIX strings relative to the
project root; a definition is named ``path::qualname`` (PEP 3155 qualname without ``<locals>``; the module itself is
``path::``); durations are seconds; node ids are pytest node ids whose file part is relative to the project root.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum, unique
from typing import Protocol

FACTS_VERSION = 9
"""Count it up whenever ``source`` says other things about the same file: cached facts of before are then made again."""

AND_MORE = "*"
"""Stands in ``FileFacts.exports`` for names that are computed, which may be private ones."""

AUTOSPEC = "autospec"
"""Literal by which code is marked that makes a stand-in of what it mentions: it asks for names and signatures."""

DEFINING, DERIVING, RENAMING = "def ", "class ", "as "
"""Before a name: pseudo identifiers of the files that define a class member or a module-level function or class of that
name, that have a class with a base so named, that give it another name."""

# --------------------------------------------------------------------------------------------------------------------
# Source: one version of one file
# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Lines ``first`` to ``last``, 1-based and inclusive."""

    first: int
    last: int

    def __contains__(self, line: object) -> bool:
        return isinstance(line, int) and self.first <= line <= self.last

    def encloses(self, other: Span) -> bool:
        """Tell whether every line of ``other`` is one of ours."""
        return self.first <= other.first and other.last <= self.last


@unique
class DefinitionKind(StrEnum):
    """What a definition is."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True, order=True)
class Definition:
    """One definition of one file version.

    ``span`` runs from the first decorator to the last line of the body (of a variable: its first binding statement).
    ``body`` is the span of the suite (functions and classes; ``None`` otherwise).
    ``fingerprint`` covers everything below the definition, nested definitions included, and ignores comments,
    formatting, position and docstrings. ``own`` covers only the statements that run when this code object runs.
    """

    qualname: str
    kind: DefinitionKind
    span: Span
    body: Span | None
    fingerprint: str
    own: str
    docstring: str
    parent: int
    """Index of the enclosing definition in ``FileFacts.definitions``; the module is 0 and its own parent."""
    flags: tuple[str, ...] = ()
    """Sorted: async, generator, lambda-holder, cached, property, static, classmethod, abstract, overload, test,
    fixture, autouse, conditional, not-collected (it sets ``__test__ = False``), import (a variable that only an import
    binds), global-writer (it stores into something that outlives the call, a module- or class-level name, an item of
    it, a mutable default, a nonlocal: a hand-made cache), lazy (it computes an attribute of ``self`` unless it is
    there), keeper (a function in it looks into a variable of this one and stores there: it decorates caches)."""

    @property
    def name(self) -> str:
        """Last component of the qualname."""
        return self.qualname.rpartition(".")[2]


@unique
class StatementKind(StrEnum):
    """What a statement is, as far as the comparison needs to know."""

    SIMPLE = "simple"
    COMPOUND = "compound"
    IMPORT = "import"
    DEF = "def"
    CLASS = "class"
    DOCSTRING = "docstring"


@dataclass(frozen=True, slots=True, order=True)
class Statement:
    """One statement (of a compound or a definition: its header; the suite has statements of its own)."""

    owner: int
    """Index of the definition whose code object executes it."""
    kind: StatementKind
    span: Span
    """Lines of the statement; of a compound or a definition its header only, decorators included."""
    suite: Span
    """Lines up to the end of the suite; equal to ``span`` for simple statements."""
    fingerprint: str
    """``word:hex``; ``word~hex:hex`` with annotations, ``word:hex-hex`` with decorators, theirs being the first hex."""
    parent: int
    """Index of the enclosing compound statement in ``FileFacts.statements``; -1 directly below the owner."""
    binds: tuple[str, ...] = ()
    """Names it binds in the owner's scope (module, class or function), nested suites included."""
    calm: bool = False
    """It only names what is bound already, or puts that into a display: it cannot fail, whatever they stand for."""

    @property
    def word(self) -> str:
        """What kind of statement it is, as the fingerprint has it."""
        return self.fingerprint.partition(":")[0].partition("~")[0]

    @property
    def does(self) -> str:
        """The fingerprint of what it does, whatever annotations say."""
        return f"{self.word}:{self.fingerprint.partition(':')[2]}"

    @property
    def applies(self) -> str:
        """The fingerprint of its decorators; empty without."""
        return (
            self.fingerprint.partition(":")[2].partition("-")[0] if "-" in self.fingerprint else ""
        )


@unique
class ReferenceKind(StrEnum):
    """How one definition mentions another."""

    READ = "read"
    CALL = "call"
    WRITE = "write"
    IMPORT = "import"
    BASE = "base"
    DECORATOR = "decorator"
    DEFAULT = "default"
    ANNOTATION = "annotation"
    QUOTED = "quoted"
    """In an annotation that is a string, or within one: nothing looks it up unless it is asked to."""
    FIXTURE = "fixture"
    PATCH = "patch"
    STRING = "string"


ANNOTATIONS = frozenset({ReferenceKind.ANNOTATION, ReferenceKind.QUOTED})


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """One mention, not yet resolved.

    ``chain`` is a dotted expression in normal form: ``self.cart.total``, ``np.array``, ``Cart().total``,
    ``make()[].price``; a receiver that has no such form is ``?`` (``?.total``). For IMPORT it is the absolute dotted
    module name; for FIXTURE the fixture's name; for PATCH and STRING the literal.
    """

    source: int
    """Index of the definition that mentions it: the function whose body it is in, else class, variable or module."""
    line: int
    kind: ReferenceKind
    chain: str


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """One imported name. ``from .a import b as c`` in pkg/m.py: module ``pkg.a``, name ``b``, alias ``c``."""

    owner: int
    """Index of the definition in whose scope the alias is bound (0: module level)."""
    line: int
    module: str
    """Absolute dotted name as far as known; leading dots are resolved against the file's package."""
    name: str
    """Imported attribute; empty for ``import module``; ``*`` for a star import."""
    alias: str
    """Name it is bound to; empty for star imports and for ``importlib.import_module("literal")``."""
    conditional: bool = False
    """Below ``if``/``try``, or ``TYPE_CHECKING`` only."""


@unique
class BindingKind(StrEnum):
    """Where a local type fact comes from."""

    ASSIGN = "assign"
    ANNOTATION = "annotation"
    RETURN = "return"
    RETURN_ANNOTATION = "return-annotation"
    ITEM = "item"
    """The name is bound to an element of the value (``for x in value``, unpacking)."""
    CONTEXT = "context"
    """``with value as name``."""


@dataclass(frozen=True, slots=True, order=True)
class Binding:
    """``target`` in the scope of definition ``owner`` takes the value of ``chain`` (same normal form as references).

    ``target`` is ``x``, ``self.x`` (also for ``cls.x``), a parameter's name, or empty for returns.
    """

    owner: int
    target: str
    kind: BindingKind
    chain: str


@dataclass(frozen=True, slots=True, order=True)
class Fixture:
    """A pytest fixture. ``name`` is what tests request; ``requests`` are its own parameters and usefixtures."""

    definition: int
    name: str
    requests: tuple[str, ...]
    autouse: bool = False
    scope: str = "function"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All that one version of one Python file says, without looking at any other file."""

    path: str
    digest: str
    """BLAKE2b-128 of the file's bytes, hex."""
    module: str
    """Dotted name the file is imported by, as far as the folder of packages tells."""
    definitions: tuple[Definition, ...] = ()
    """Index 0 is the module; then in source order."""
    statements: tuple[Statement, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()
    bindings: tuple[Binding, ...] = ()
    fixtures: tuple[Fixture, ...] = ()
    exports: tuple[str, ...] | None = None
    """The literal ``__all__``, if there is one; ``AND_MORE`` among them: and names that are computed."""
    plugins: tuple[str, ...] = ()
    """The literal ``pytest_plugins``."""
    error: str | None = None
    """Why it could not be parsed, with the line; then everything else but the module definition is empty."""


# --------------------------------------------------------------------------------------------------------------------
# Versions and changes
# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class FileVersion:
    """One file in two versions. ``None``: it is not there. ``path`` is the new path unless the file was deleted."""

    path: str
    old: bytes | None
    new: bytes | None
    old_path: str | None = None
    """Set when the file was renamed."""
    note: str = ""
    """What else is to be said, space separated: ``mode``, ``symlink``, ``submodule``, ``unmerged``, ``unreadable``,
    ``large`` (the contents are digests), ``whole`` (named by the user: everything in it counts as changed)."""


@unique
class ChangeKind(StrEnum):
    """How a definition, statement or data file differs."""

    ADDED = "added"
    REMOVED = "removed"
    EDITED = "edited"
    RENAMED = "renamed"


@unique
class Part(StrEnum):
    """Which part of a definition changed, i.e. when the changed code runs."""

    BODY = "body"
    """Runs when the function is called."""
    HEADER = "header"
    """Decorators, defaults, annotations, bases: runs when the def or class statement runs."""
    VALUE = "value"
    """A module- or class-level statement that binds names."""
    EFFECT = "effect"
    """A module- or class-level statement that binds nothing."""
    DOCSTRING = "docstring"
    WHOLE = "whole"
    """A definition or Python file that appeared, vanished, was renamed, or that does not parse."""
    DATA = "data"
    """A file that is not Python, or is not parsed."""


SOURCE_READERS = frozenset({"getsource", "getsourcelines", "findsource", "getcomments"})
"""Functions of ``inspect`` to which comments and formatting matter."""
ONLY_ANNOTATIONS = "only annotations"
"""Detail of a change of which only those can tell that look at annotations."""
ONLY_PARAMETERS = "only parameters"
"""Detail of a change of the header of a function of which the decorators are the same."""
FORGOTTEN = "the recorded version is not known any more"
"""Detail of a change of a whole file: what was said about its recorded version was written by an older tdad."""
ORDER_OF_ATTRIBUTES = "order of attributes"
"""Detail of a change of a class body of which only the order is another: what processes the class may tell."""
ORDER_OF_NAMES = "order of names"
"""Detail of a change of order after which a statement that runs at import reads a name that is bound only later."""
ORDER_OF_CLASSES = "order of classes"
"""Detail of a change of order of classes that have bases: what registers or lists them may tell."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference between two versions of a project."""

    path: str
    qualname: str
    """Of the definition that changed; empty for module-level effects and files."""
    kind: ChangeKind
    part: Part
    old: tuple[Span, ...] = ()
    """Changed or removed statements, lines of the old version; empty for pure insertions."""
    new: tuple[Span, ...] = ()
    """Changed or added statements, lines of the new version."""
    around: tuple[Span, ...] = ()
    """For each insertion the old lines of the suite it went into (of the whole body when that is the suite)."""
    binds: tuple[str, ...] = ()
    """For VALUE and HEADER: the names bound in the scope of ``scope``."""
    scope: str = ""
    """Qualname of the module (empty) or class whose level the statement is at."""
    old_path: str = ""
    """Path of the old version when it differs from ``path``."""
    old_qualname: str = ""
    """Set when a definition was renamed within or between files."""
    old_digest: str = ""
    """Digest of the old version, to match lines with what was recorded."""
    detail: str = ""

    @property
    def definition(self) -> str:
        """``path::qualname`` of what changed."""
        return f"{self.path}::{self.qualname}"


# --------------------------------------------------------------------------------------------------------------------
# Recordings
# --------------------------------------------------------------------------------------------------------------------


@unique
class Status(StrEnum):
    """How a test ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    MISSING = "missing"


FAILING = frozenset({Status.FAILED, Status.ERROR, Status.CRASHED, Status.TIMEOUT})
"""Ends that say the test did not do what it should."""
PASSING = frozenset({Status.PASSED, Status.XFAILED, Status.XPASSED})
"""Ends that say the test did what was expected of it; skipping is not one of them."""


@dataclass(frozen=True, slots=True, order=True)
class Outcome:
    """How one test ended in one run."""

    node_id: str
    status: Status
    duration_s: float


@unique
class OwnerKind(StrEnum):
    """To whom executed code belongs."""

    TEST = "test"
    FIXTURE = "fixture"
    """One instance of a fixture; the name is ``baseid::argname[param]@scope-node``."""
    IMPORT = "import"
    """The execution of one module's top level; the name is its path."""
    COLLECT = "collect"
    """Collecting one node (parametrisation, hooks); the name is its node id; everything below it inherits."""
    SESSION = "session"
    """All else in the pytest process: every test inherits."""


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """Owner of an observation."""

    kind: OwnerKind
    name: str

    def __hash__(self) -> int:
        """Of the name alone, which strings remember: owners are put into sets by the hundred thousand."""
        return hash(self.name)


@unique
class Use(StrEnum):
    """How something other than code was used."""

    READ = "read"
    LISTED = "listed"
    ABSENT = "absent"
    """Looked for in vain: a file or directory by path."""
    ENV = "env"
    """An environment variable, by name."""
    MODULE = "module"
    """A top-level distribution module outside the project that the code imported, by dotted name."""
    NO_MODULE = "no-module"
    """A module that was looked for and not found, by dotted name."""
    TEXT = "text"
    """The text of a Python file that was put into ``linecache``, by path: kept for whoever asks later."""


@dataclass(frozen=True, slots=True, order=True)
class Used:
    """One use of something other than code. ``name`` is a path, a variable or a dotted name, as ``how`` tells."""

    how: Use
    name: str
    line: int = 0
    """In an IMPORT observation: the line of the module-level statement that caused it; else 0."""


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """Line ``line`` of ``path``."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What one owner executed.

    ``starts``: path → first lines (``co_firstlineno``: of the first decorator, if any) of the code objects that were
    entered. ``lines``: path → executed lines; empty unless lines were recorded.
    ``causes`` (IMPORT only): line of the module-level statement → sites of the code objects entered because of it.
    ``imports``: modules (paths) whose top level ran because this owner asked → site of the importing code.
    """

    owner: Owner
    starts: Mapping[str, frozenset[int]] = field(default_factory=dict)
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    causes: Mapping[int, frozenset[Site]] = field(default_factory=dict)
    imports: Mapping[str, Site] = field(default_factory=dict)
    used: frozenset[Used] = frozenset()


@dataclass(frozen=True, slots=True)
class TestRecord:
    """One recorded test."""

    __test__ = False  # not a test class, whatever pytest makes of the name

    node_id: str
    path: str
    """File it was collected from."""
    definition: str
    """``path::qualname`` of the test function (where it is written, which may be a base class's file)."""
    owners: tuple[Owner, ...]
    """Fixture instances and collection nodes it inherits from, sorted."""
    status: Status
    duration_s: float
    recent: tuple[Status, ...] = ()
    """Earlier outcomes, newest first, at most 10."""


@dataclass(frozen=True, slots=True, order=True)
class Elsewhere:
    """A package or module of the project in whose place the tests imported another one: nothing of it was seen."""

    module: str
    """Dotted name."""
    path: str
    """The project's own file: the module's, or the package's ``__init__.py``."""
    file: str
    """Absolute path of the file that was imported in its place."""

    @property
    def is_package(self) -> bool:
        """Whether everything in the folder of ``path`` belongs to it."""
        return self.path.endswith("__init__.py")

    @property
    def place(self) -> str:
        """The module's file or the package's folder."""
        return self.path.rpartition("/")[0] if self.is_package else self.path

    @property
    def base(self) -> str:
        """The folder that has to come first in ``sys.path``; ``.`` for the root."""
        stem = self.path.removesuffix("/__init__.py").removesuffix(".py")
        return stem.removesuffix(self.module.replace(".", "/")).rstrip("/") or "."

    @property
    def command(self) -> str:
        """What to type at the root so that the project's own is recorded."""
        return f"PYTHONPATH={self.base} pytest --tdad-map"

    def holds(self, path: str) -> bool:
        """Whether ``path`` is part of it."""
        return path == self.path or (self.is_package and path.startswith(f"{self.place}/"))


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a recording was made."""

    python: str
    """Full version and implementation: ``cpython 3.13.0``."""
    platform: str
    packages: Mapping[str, str] = field(default_factory=dict)
    """Distribution name (normalised) → full version."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Read environment variable → digest of its value (never the value); empty digest: unset."""
    plugins: tuple[str, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)
    """Top-level module name → distribution name."""
    search: tuple[str, ...] = ()
    """Folders that held the distributions, in order: where to look for what is installed now."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """What the tests imported in the place of code of the project, sorted."""


PRESENT = "-"
"""Digest of a file that was there during the run and that nobody read."""


@dataclass(frozen=True, slots=True)
class Run:
    """One recorded run, as the probe wrote it and before it is joined with the source."""

    run_id: str
    started_at: float
    granularity: str
    """``functions`` or ``lines``."""
    recorder: str
    """``monitoring``, ``ctrace``, ``settrace``, ``profile`` or ``import`` (a coverage data file)."""
    environment: Environment
    observations: tuple[Observation, ...]
    tests: tuple[TestRecord, ...]
    digests: Mapping[str, str]
    """Path → digest of each project file (Python or data) as it was during the run."""
    complete: bool
    """False: interrupted or crashed; what is here is whole all the same, test by test."""
    full: bool = False
    """True: nothing was deselected, so a test that is absent here no longer exists."""
    scope: tuple[str, ...] = ()
    """Files and folders that a ``full`` run was limited to; empty: the whole project."""
    outside: Mapping[str, str] = field(default_factory=dict)
    """Dotted name → absolute path of the outermost packages and modules that were imported from outside the project."""


# --------------------------------------------------------------------------------------------------------------------
# Impacts
# --------------------------------------------------------------------------------------------------------------------


@unique
class Evidence(Enum):
    """What says that a change reaches a test; the smaller the stronger."""

    OBSERVED = 0
    DERIVED = 1
    STATIC = 2
    PRECAUTION = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One link of a chain, read from the change to the test.

    ``what`` is path::qualname, a file or a node id; ``how`` says how it is reached from the step before (``executed
    by``, ``read by``, …).
    """

    how: str
    what: str


@dataclass(frozen=True, slots=True)
class Impact:
    """A change reaches a test."""

    node_id: str
    score: float
    """0 to 1; only the order matters."""
    evidence: Evidence
    change: Change | None
    """``None`` when the test is included for itself: new, edited, failed last time, no recording."""
    chain: tuple[Step, ...]
    because: str
    """One line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Which tests a set of changes puts at risk."""

    changes: tuple[Change, ...]
    impacts: tuple[Impact, ...]
    """Best first, one per test."""
    total_tests: int
    precautions: tuple[str, ...]
    """Sentences, each saying what could not be decided and what was done about it."""
    unreached: tuple[str, ...]
    """Changed definitions that no test reaches, ``path::qualname``."""
    safe: Mapping[str, str] = field(default_factory=dict)
    """Change (``path::qualname``) → why it selects nothing (``comments only``, ``new and unused``, …)."""


class FactsOf(Protocol):
    """Lazy access to the facts of one version of the project."""

    def paths(self) -> Sequence[str]:
        """Every Python path of this version, sorted."""
        ...

    def get(self, path: str) -> FileFacts | None:
        """Facts of ``path`` in this version, or ``None`` when there is no such Python file."""
        ...

    def mentioning(self, name: str) -> Iterator[str]:
        """Paths of the files in which the identifier ``name`` occurs (in code or as a part of a string literal).

        Pseudo identifiers: ``<cached>`` and ``<global-writer>`` for files with a definition of that flag; a name after
        ``DEFINING``, ``DERIVING`` or ``RENAMING`` for the few of these files that do that with it.
        """
        ...


class Recorded(Protocol):
    """Lazy access to what the map has recorded. Built by the store, read by the graph.

    A view: each test appears with one record (by default its newest), made when each file it touched had one version.
    Different tests may have been recorded under different versions of a file, so what was entered is asked per version.
    """

    @property
    def granularity(self) -> str:
        """``functions`` or ``lines``."""
        ...

    @property
    def recorder(self) -> str:
        """What watched the newest run; empty when nothing was recorded."""
        ...

    def is_text_kept(self, path: str) -> bool:
        """Whether the text of that Python file was read by somebody, or was kept for whoever asks ``inspect`` for it.

        True as well where nobody can know: a coverage data file does not tell which files were read.
        """
        ...

    @property
    def recorded_at(self) -> float | None:
        """When the newest run began, seconds since the epoch; ``None`` when nothing was recorded."""
        ...

    @property
    def tests(self) -> Mapping[str, TestRecord]:
        """Node id → test, in collection order."""
        ...

    def during(self, path: str, digest: str) -> frozenset[str]:
        """Node ids of the tests whose record was made while ``path`` was in that version."""
        ...

    @property
    def environment(self) -> Environment | None:
        """Where the newest recording was made; ``None`` when nothing was recorded."""
        ...

    def environments(self) -> Sequence[tuple[Environment, frozenset[str]]]:
        """Each environment that some test of this view was recorded in, with those tests' node ids, newest first."""
        ...

    def paths(self) -> Sequence[str]:
        """Paths of the project files (Python and data) that were seen by some recording, sorted."""
        ...

    def versions(self, path: str) -> Sequence[str]:
        """Digests of the versions of ``path`` under which something in this view was recorded, newest first.

        The empty digest stands for a file that was looked for and absent, or that changed while the run went on.
        """
        ...

    def facts(self, path: str, digest: str) -> FileFacts | None:
        """Facts of that version of ``path``."""
        ...

    def entered(self, path: str, digest: str) -> Mapping[Owner, frozenset[int]]:
        """Owner → first lines of the code objects it entered in that version of ``path``."""
        ...

    def entering(self, path: str, digest: str, starts: frozenset[int]) -> frozenset[Owner]:
        """Owners that entered a code object whose first line is in ``starts``, in that version of ``path``."""
        ...

    def executed(self, path: str, digest: str) -> Mapping[Owner, frozenset[int]]:
        """Owner → executed lines of that version of ``path``; empty when lines were not recorded."""
        ...

    def causes(self, site: Site) -> Sequence[Site]:
        """Module-level statements during whose execution the code object at ``site`` was entered, sorted.

        Line 0: some statement of that module, not known which (recorders that do not see statements).
        """
        ...

    def caused(self, statement: Site) -> Sequence[Site]:
        """Code objects that were entered because of the module-level statement on that line, sorted."""
        ...

    def users(self, how: Use, name: str) -> Mapping[Owner, tuple[int, ...]]:
        """Owners that used ``name`` that way → lines of the module-level statements (IMPORT owners; else empty)."""
        ...

    def used_names(self, how: Use) -> Sequence[str]:
        """Every name used that way, sorted."""
        ...

    def breadth(self, node_id: str) -> int:
        """How many code objects of the project the test entered, inherited ones included."""
        ...

    @property
    def complete(self) -> bool:
        """Some run covered the whole suite, so a test without a record is new."""
        ...

    def importers(self, path: str) -> Mapping[Owner, tuple[Site, ...]]:
        """Owners during which the top level of ``path`` ran → the project code that asked for it."""
        ...

    def inheritors(self, owner: Owner) -> Sequence[str]:
        """Node ids of the tests that inherit from ``owner``.

        Of TEST itself, of FIXTURE and COLLECT the tests that list it, of SESSION all, of IMPORT none (the graph
        decides who depends on a module's top level).
        """
        ...
