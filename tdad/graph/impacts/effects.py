"""What code that runs at import does to the rest of the world: the names it stores into, if that is all it does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tdad.facts import DefinitionKind, OwnerKind, Reference, ReferenceKind, Span
from tdad.graph.impacts.classes import decorators, is_pure, split
from tdad.graph.impacts.origins import ALL_OF_THEM, FIRST_OF_THEM, NONE_OF_THEM, Origins
from tdad.graph.impacts.world import World
from tdad.graph.resolve import Edge, Resolver
from tdad.graph.resolve.chains import last_name
from tdad.graph.resolve.scopes import FileScope

MUTATORS = frozenset(
    {
        "append", "appendleft", "add", "insert", "extend", "update", "setdefault", "remove", "discard", "pop",
        "popitem", "clear", "sort", "reverse",
    }
)  # fmt: skip
PUTTING = frozenset({"append", "appendleft", "add", "insert", "extend", "update", "discard"})
"""Those that say nothing about what was there before."""
CONTAINERS = frozenset(
    {
        "list()", "dict()", "set()", "collections.defaultdict()", "defaultdict()", "collections.deque()", "deque()",
        "collections.OrderedDict()", "OrderedDict()",
    }
)  # fmt: skip
"""Values whose mutators do nothing else."""
HARMLESS = frozenset(
    {
        "len", "int", "str", "float", "bool", "bytes", "dict", "list", "tuple", "set", "frozenset", "sorted", "range",
        "enumerate", "zip", "isinstance", "issubclass", "callable", "type", "repr", "super", "getattr", "hasattr",
        "re.compile", "functools.wraps", "wraps", "functools.partial", "partial", "object", "print", "min", "max",
        "sum", "iter", "id", "hash", "vars", "any", "all", "super().__init_subclass__", "super().__new__",
        "super().__init__", "super().__set_name__",
    }
)  # fmt: skip
"""Calls, as written, that change nothing of the project's."""
DEEPEST = 4


CONSTRUCTORS = frozenset(
    {"__init__", "__new__", "__post_init__", "__set_name__", "__init_subclass__"}
)
"""Methods whose object is the one that is being made."""
SELF = "self"
"""Stands for the object whose method is called."""


def is_container(resolver: Resolver, definition: str) -> bool:
    """Whether a variable is only ever given new containers of the language, which take anything."""
    return is_only_given(resolver, definition, CONTAINERS)


def is_only_given(resolver: Resolver, definition: str, values: frozenset[str]) -> bool:
    """Whether everything that a variable is given where it is bound is one of ``values``, as written."""
    found = resolver.files.find(definition)
    if found is None:
        return False
    scope, indexes = found
    made = scope.facts.definitions[indexes[-1]]
    bindings = scope.bindings.get((made.parent, made.name), ())
    return bool(bindings) and all(binding.chain in values for binding in bindings)


def stores_only(resolver: Resolver, edge: Edge, *, same_keys: bool = False) -> bool:
    """Whether the reader only puts something into the target, and so does not notice what else is in it.

    ``same_keys``: nothing came or went, so that a check whether a name is taken (``if name in TABLE: raise``) ends as
    before.
    """
    found = resolver.files.find(edge.source)
    if found is None or edge.ambiguous or not is_container(resolver, edge.target):
        return False
    scope, indexes = found
    mentions = [
        reference
        for index in indexes
        for reference in scope.references.get(index, ())
        if any(each.target == edge.target for each in resolver.resolve(scope, reference))
    ]
    puts = tuple(reference.chain for reference in mentions if _puts(reference))
    return bool(puts) and all(
        _puts(reference)
        or any(chain.startswith(f"{reference.chain}()") for chain in puts)
        or (same_keys and _only_guards(scope, reference))
        for reference in mentions
    )


def _only_guards(scope: FileScope, reference: Reference) -> bool:
    """Whether the mention decides nothing but whether an exception is raised, by what is in there and not by values."""
    if reference.kind is not ReferenceKind.READ or reference.chain.endswith("[]"):
        return False
    statements = scope.facts.statements
    for number, statement in enumerate(statements):
        if statement.word == "if" and reference.line in statement.span:
            calls = any(
                other.kind is ReferenceKind.CALL and other.line in statement.span
                for other in scope.references.get(reference.source, ())
            )
            below = [each for each in statements if each.parent == number]
            return not calls and all(each.word == "raise" for each in below)
    return False


def _puts(reference: Reference) -> bool:
    if reference.kind is ReferenceKind.WRITE:
        return reference.chain.endswith("[]")
    return reference.kind is ReferenceKind.CALL and reference.chain.rpartition(".")[2] in PUTTING


class Effects:
    """Which module- and class-level names, ``path::qualname``, some code stores into. ``None``: it may do anything."""

    def __init__(self, world: World, resolver: Resolver) -> None:
        self._world = world
        self._resolver = resolver
        self._own: dict[str, str] = {}
        self._origins = Origins(resolver, self._own)

    def of_statement(self, path: str, span: Span) -> frozenset[str] | None:
        """Of the statements of a module's top level in those lines of the resolver's version."""
        scope = self._resolver.files.scope(path)
        if scope is None:
            return None
        here = [r for r in scope.references.get(0, ()) if r.line in span]
        return self._stores(scope, here, DEEPEST) or None

    def of_decorators(self, definition: str) -> frozenset[str] | None:
        """Of applying the decorators of a function or class."""
        found = self._resolver.files.find(definition)
        if found is None:
            return frozenset()
        scope, indexes = found
        applied = [
            reference
            for index in indexes
            for reference in scope.references.get(index, ())
            if reference.kind is ReferenceKind.DECORATOR and not is_pure(reference.chain)
        ]
        self._note_own(scope, applied)
        return self._all(self._called(scope, reference, DEEPEST) for reference in applied)

    def of_class(self, class_id: str) -> frozenset[str] | None:
        """Of the class statement: the hooks of bases and metaclasses that are written in the project.

        Of nothing else: the classes that a function calls are no metaclasses of it.
        """
        if self._kind(class_id) is not DefinitionKind.CLASS:
            return frozenset()
        hooks = [f"{cls}.__init_subclass__" for cls in self._resolver.mro(class_id)[1:]]
        for cls in self._resolver.mro(class_id):
            for meta in self._metaclasses(cls):
                hooks += [f"{meta}.__new__", f"{meta}.__init__"]
        written = [hook for hook in hooks if self._resolver.files.find(hook) is not None]
        self._own.update(dict.fromkeys(written, ALL_OF_THEM))
        return self._all(self._of_call(hook, DEEPEST) for hook in written)

    def _note_own(self, scope: FileScope, applied: Iterable[Reference]) -> None:
        """Which functions are given what is decorated, and by which parameter."""
        for reference in applied:
            called = reference.chain.endswith("()")
            for edge in self._resolver.resolve(scope, reference):
                for name in (".__init__", ".__new__", ""):
                    self._own[f"{edge.target}{name}"] = NONE_OF_THEM if called else FIRST_OF_THEM
                self._own[f"{edge.target}.__call__"] = FIRST_OF_THEM

    def _metaclasses(self, cls: str) -> Iterator[str]:
        """What else the class statement calls: all classes of the project in the header's calls."""
        for edge in self._resolver.references(cls):
            if edge.kind is ReferenceKind.CALL and self._kind(edge.target) is DefinitionKind.CLASS:
                yield from (each for each in self._resolver.mro(edge.target) if "::" in each)

    @staticmethod
    def _all(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
        found: frozenset[str] = frozenset()
        for part in parts:
            if part is None:
                return None
            found |= part
        return found - {SELF}

    def _of_call(self, definition: str, depth: int) -> frozenset[str] | None:
        """Of calling a function at import: of itself, and of the functions in it that an import was seen to enter."""
        path, qualname = split(definition)
        scope = self._resolver.files.scope(path)
        if scope is None or depth == 0 or self._kind(definition) is not DefinitionKind.FUNCTION:
            return None
        found: frozenset[str] = frozenset()
        for index, inner in enumerate(scope.facts.definitions):
            runs = inner.qualname == qualname or (
                inner.qualname.startswith(f"{qualname}.") and self._ran(path, inner.qualname)
            )
            if runs and inner.kind is DefinitionKind.FUNCTION:
                stores = self._stores(scope, scope.references.get(index, ()), depth)
                if stores is None:
                    return None
                found |= stores
        return found

    def _ran(self, path: str, qualname: str) -> bool:
        entered = self._world.entered(path, qualname)
        return any(owner.kind is OwnerKind.IMPORT for owner, _ in entered)

    def _stores(
        self, scope: FileScope, references: Iterable[Reference], depth: int
    ) -> frozenset[str] | None:
        found: frozenset[str] = frozenset()
        for reference in references:
            targets: frozenset[str] | None = frozenset()
            if reference.kind is ReferenceKind.WRITE:
                targets = self._targets(scope, reference, reference.chain)
            elif reference.kind is ReferenceKind.CALL:
                targets = self._called(scope, reference, depth)
            elif reference.kind is ReferenceKind.IMPORT:
                targets = None
            if targets is None:
                return None
            found |= targets
        return found

    def _called(self, scope: FileScope, reference: Reference, depth: int) -> frozenset[str] | None:
        chain = reference.chain.removesuffix("()")
        receiver, _, name = chain.rpartition(".")
        if chain in HARMLESS:
            return frozenset()
        if name in MUTATORS and receiver:
            kept = self._targets(scope, reference, receiver)
            if kept is not None and all(
                is_container(self._resolver, each) for each in kept - {SELF}
            ):
                return kept
        edges = self._resolver.resolve(scope, reference)
        called = {
            edge.target
            for edge in edges
            if edge.kind in {ReferenceKind.CALL, ReferenceKind.DECORATOR}
            and self._kind(edge.target) is not DefinitionKind.VARIABLE
            and not edge.target.endswith("::")
            and (not receiver or last_name(edge.target) == name)
        }
        if name == "register":
            dispatchers = self._dispatchers(edges)
            if dispatchers:
                return dispatchers
        if not called or any(edge.ambiguous for edge in edges):
            return None
        found: frozenset[str] = frozenset()
        for target in sorted(called):
            stores = self._of_call(target, depth - 1)
            if stores is not None and SELF in stores and receiver:
                kept = self._targets(scope, reference, receiver)
                stores = None if kept is None else (stores - {SELF}) | kept
            if stores is None:
                return None
            found |= stores
        return found

    def _dispatchers(self, edges: Iterable[Edge]) -> frozenset[str]:
        """Generic functions among what is mentioned (``functools.singledispatch``)."""
        return frozenset(
            edge.target
            for edge in edges
            if any("singledispatch" in each for each in decorators(self._resolver, edge.target))
        )

    def _targets(
        self, scope: FileScope, reference: Reference, chain: str
    ) -> frozenset[str] | None:
        """The variables that a store into ``chain`` changes; none when it is an object of the function's own."""
        root = chain.replace("[", ".").replace("(", ".").partition(".")[0]
        if root == SELF:
            return frozenset({SELF}) | self._of_class_around(scope, reference, chain)
        around = scope.look_up(root, reference.source)
        if around is not None and (
            scope.facts.definitions[around.scope].kind is DefinitionKind.FUNCTION
        ):
            return self._origins.of(scope, around.scope, root)
        names = frozenset(
            edge.target
            for edge in self._resolver.resolve(scope, reference)
            if not edge.ambiguous
            and self._kind(edge.target) is DefinitionKind.VARIABLE
            and "import" not in self._resolver.files.flags(edge.target)
        )
        if not names and root == "cls" and chain.count(".") == 1 and not chain.endswith("]"):
            return frozenset({SELF})  # a new attribute of the class that is made
        return names or None

    def _of_class_around(
        self, scope: FileScope, reference: Reference, chain: str
    ) -> frozenset[str]:
        """Attributes of the class that ``self.names`` may be; not when the object is given one of its own."""
        if chain.count(".") == 1 and "[" not in chain and (reference.kind is ReferenceKind.WRITE):
            return frozenset()
        return frozenset(
            edge.target
            for edge in self._resolver.resolve(scope, reference)
            if not edge.ambiguous
            and self._kind(edge.target) is DefinitionKind.VARIABLE
            and not self._is_given(edge.target)
        )

    def _is_new(self, scope: FileScope, index: int, made: Collection[str]) -> bool:
        """Whether the object of a method is one that is being made. ``made``: classes that were seen to make some."""
        method = scope.facts.definitions[index]
        cls = scope.name_of(method.parent)
        return method.name in CONSTRUCTORS or any(
            each in made for each in (cls, *self._resolver.subclasses(cls))
        )

    def _is_given(self, attribute: str) -> bool:
        """Whether methods give each object of the class, or of one derived from it, an attribute of that name."""
        cls, _, name = attribute.rpartition(".")
        for each in (cls, *self._resolver.subclasses(cls)):
            found = self._resolver.files.find(each)
            if found is not None and any(
                (index, name) in found[0].self_bindings for index in found[1]
            ):
                return True
        return False

    def _kind(self, definition: str) -> DefinitionKind | None:
        return self._resolver.files.kind(definition)
