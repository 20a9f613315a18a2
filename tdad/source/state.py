"""What the walk carries with it: the current scope, the tokens and the references of the current statement."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tdad.facts import (
    Binding,
    BindingKind,
    DefinitionKind,
    Fixture,
    Import,
    ReferenceKind,
    StatementKind,
)
from tdad.source.fingerprint import hash_tokens

READ = ReferenceKind.READ
ASIDE = "~"
_ASIDE_DIGITS = 16
_EXPRESSIONS = frozenset({READ, ReferenceKind.CALL, ReferenceKind.WRITE})
_ROOT = re.compile(r"([^\W\d]\w*)(?:\(\)|\[\])*")
RawReference = tuple[int, ReferenceKind, str]
"""Line, kind, chain: not yet attributed to a definition."""
SourcedReference = tuple[int, int, ReferenceKind, str]


@dataclass(slots=True)
class RawDefinition:
    """A definition while it is being read."""

    qualname: str
    kind: DefinitionKind
    first: int
    last: int
    parent: int
    body: tuple[int, int] | None = None
    docstring: str = ""
    header: str = ""
    """Fingerprint of the header without the name."""
    own: list[str] = field(default_factory=list)
    """Fingerprints of the statements that its code object executes, each behind its depth."""
    nested: list[str] = field(default_factory=list)
    """Full fingerprints of the definitions below it."""
    flags: set[str] = field(default_factory=set)
    own_hash: str = ""
    full_hash: str = ""


@dataclass(slots=True)
class RawStatement:
    """A statement while it is being read."""

    owner: int
    kind: StatementKind
    first: int
    last: int
    suite: int
    parent: int
    fingerprint: str = ""
    binds: list[str] = field(default_factory=list)
    calm: bool = False


class Scope:
    """One scope of names. ``inner`` scopes are comprehensions and lambdas: they have no definition of their own."""

    __slots__ = (
        "asked",
        "branch",
        "definition",
        "given",
        "globals",
        "inner",
        "is_function",
        "kept",
        "local",
        "names",
        "nonlocals",
        "outer",
        "outliving",
        "refs",
        "self_items",
        "self_names",
        "stores",
        "taken",
    )

    def __init__(
        self, definition: int, outer: Scope | None, *, is_function: bool, inner: bool = False
    ) -> None:
        self.definition = definition
        self.outer = outer
        self.is_function = is_function
        self.inner = inner
        self.local: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.names: dict[str, int] = {}
        """Module and class: name → index of the definition bound to it last."""
        self.refs: list[SourcedReference] = []
        self.stores: list[tuple[int, str]] = []
        """Function: (definition, root name) of every store into an attribute or an item."""
        self.outliving: set[str] = set()
        """Function: names it binds that are global or nonlocal."""
        self.kept: frozenset[str] = frozenset()
        """Function: parameters whose default outlives the call."""
        self.self_items: list[tuple[int, str]] = []
        """(definition, attribute) of every store into an item of ``self.attribute``."""
        self.self_names: set[str] = set()
        """Attributes that are stored as ``self.attribute``."""
        self.asked: set[str] = set()
        """Attributes of ``self`` that the function asks whether they are there (``if self._x is None``)."""
        self.taken: dict[str, set[str]] = {}
        """Local name → attributes of ``self`` whose value it was given."""
        self.given: frozenset[str] = frozenset()
        """Names that marks of the class or module parametrise."""
        self.branch = 0
        """How many ``if``, ``try``, loops and ``match`` are open."""


class State:
    """Everything that one walk over one file collects."""

    def __init__(self, path: str, module: str, *, is_package: bool) -> None:
        self.path = path
        self.module = module
        self.package = module if is_package else module.rpartition(".")[0]
        self.tokens: list[str] = []
        self.applied = 0
        """How many of the tokens are those of the decorators of the current definition."""
        self.asides: list[str] = []
        """Tokens of annotations of the current statement: what only they say is compared for itself."""
        self.emit = self.tokens.append
        self.refs: list[RawReference] = []
        self.line = 1
        self.definitions: list[RawDefinition] = [
            RawDefinition("", DefinitionKind.MODULE, 1, 1, 0, body=None)
        ]
        self.statements: list[RawStatement] = []
        self.imports: list[Import] = []
        self.bindings: dict[Binding, None] = {}
        self.fixtures: list[Fixture] = []
        self.parameters: dict[int, Any] = {}
        """Definition of a module-level function → its parameter list."""
        self.made_fixtures: list[tuple[str, str, Any]] = []
        """``name = pytest.fixture(func)``: name, func, call."""
        self.global_names: dict[str, tuple[int, str]] = {}
        """Module-level names bound by functions: name → line and fingerprint of the first such statement."""
        self.memoised: set[tuple[int, str]] = set()
        """Definition of the scope and name of variables that stand for a memoised function or container."""
        self.exports: list[str] | None = None
        self.plugins: list[str] = []
        self.binds: list[str] = []
        """Names that the current statement binds in its scope."""
        self.global_binds: list[str] = []
        self.scope = Scope(0, None, is_function=False)
        self.module_scope = self.scope
        self.depth = 0

    def take_fingerprint(self, word: str) -> str:
        """Return the fingerprint of the tokens since the last call: see ``facts.Statement``."""
        if self.asides:
            word = f"{word}{ASIDE}{hash_tokens(self.asides)[:_ASIDE_DIGITS]}"
            self.asides.clear()
        tokens = self.tokens
        hexes = hash_tokens(tokens)
        if self.applied:
            hexes = f"{hash_tokens(tokens[: self.applied])}-{hash_tokens(tokens[self.applied :])}"
            self.applied = 0
        value = f"{word}:{hexes}"
        self.tokens.clear()
        return value

    def set_aside(self, start: int, *, keep: bool) -> None:
        """Take the tokens since ``start`` out of the statement: they are an annotation's.

        ``keep``: it runs, or somebody may read it; else nobody can tell that it is there.
        """
        if keep:
            self.asides += [str(start), *self.tokens[start:]]
        del self.tokens[start:]

    def frame(self) -> Scope:
        """Return the nearest scope that is a module, class or function."""
        scope = self.scope
        while scope.inner:
            assert scope.outer is not None
            scope = scope.outer
        return scope

    def add_reference(self, kind: ReferenceKind, chain: str) -> None:
        """Note one mention by the current statement."""
        self.refs.append((self.line, kind, chain))

    def add_binding(self, target: str, kind: BindingKind, chain: str) -> None:
        """Note a type fact about a name of the current scope; ``?``: it may be something else as well."""
        if target[0:1] != "?":
            self.bindings[Binding(self.frame().definition, target, kind, chain)] = None

    def note_store(self, chain: str) -> None:
        """Remember a store into an attribute or item; whether its root is global is known when the function ends."""
        scope = self.frame()
        if not scope.is_function:
            return
        root = chain.partition(".")[0].partition("[")[0].partition("(")[0]
        if root == "self":
            attribute = chain[5:]
            if attribute.startswith("__class__."):
                scope.stores.append((scope.definition, "cls"))
            elif attribute.isidentifier():
                scope.self_names.add(attribute)
            elif attribute.endswith("[]"):
                scope.self_items.append((scope.definition, attribute.partition("[")[0]))
        elif root != "?":
            scope.stores.append((scope.definition, root))

    def convert(self, start: int, kind: ReferenceKind) -> None:
        """Turn what was noted since ``start`` into references of a header: reads and calls become ``kind``."""
        refs = self.refs
        for index in range(start, len(refs)):
            line, old, chain = refs[index]
            if old is READ:
                refs[index] = (line, kind, chain)
            elif old is ReferenceKind.CALL:
                refs[index] = (line, kind, chain + "()")

    def turn(self, start: int, chain: str, kind: ReferenceKind) -> None:
        """Make the mention of the whole expression ``chain``, noted since ``start``, one of ``kind``."""
        called = chain.removesuffix("()")
        for index in range(len(self.refs) - 1, start - 1, -1):
            line, old, found = self.refs[index]
            if (old, found) in ((READ, chain), (ReferenceKind.CALL, called)):
                self.refs[index] = (line, kind, chain)
                return

    def flush(self, *sources: int) -> None:
        """Attribute the references of the current statement to ``sources``."""
        if self.refs:
            into = self.scope.refs
            for source in sources:
                into.extend([(source, *ref) for ref in self.refs])
            self.refs.clear()

    def enter_inner(self) -> int:
        """Open the scope of a comprehension or lambda; returns what ``leave_inner`` wants."""
        self.scope = Scope(self.scope.definition, self.scope, is_function=True, inner=True)
        return len(self.refs)

    def leave_inner(self, start: int, unknown: frozenset[str] = frozenset()) -> None:
        """Close it: plain reads of its own names are no references.

        ``unknown``: names of its own of which nothing is known; what hangs on them hangs on ``?``.
        """
        local = self.scope.local
        if local:
            self.refs[start:] = [
                ref for ref in self.refs[start:] if ref[1] is not READ or ref[2] not in local
            ]
        if unknown:
            self.refs[start:] = _detached(self.refs[start:], unknown)
        assert self.scope.outer is not None
        self.scope = self.scope.outer


def _detached(refs: list[RawReference], unknown: frozenset[str]) -> list[RawReference]:
    """Replace the roots that are in ``unknown`` by ``?``; a chain that is nothing else is no reference."""
    found: list[RawReference] = []
    for ref in refs:
        line, kind, chain = ref
        root = _ROOT.match(chain) if kind in _EXPRESSIONS else None
        if root is None or root[1] not in unknown:
            found.append(ref)
        elif root.end() < len(chain):
            found.append((line, kind, "?" + chain[root.end() :]))
    return found
