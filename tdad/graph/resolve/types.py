"""What expressions may be: attributes, calls, elements; the local, flow-insensitive type facts of ``Binding``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tdad.facts import Binding, BindingKind, DefinitionKind, Reference
from tdad.graph.resolve.annotation import (
    BUILTIN_HOLDERS,
    CLASSES,
    HOLDERS,
    TRANSPARENT,
    Annotated,
    members,
    split_outside,
)
from tdad.graph.resolve.chains import CALLED, ELEMENT, tokens_of
from tdad.graph.resolve.hierarchy import Hierarchy
from tdad.graph.resolve.members import FallbackOf, Members
from tdad.graph.resolve.modules import Modules
from tdad.graph.resolve.names import Names
from tdad.graph.resolve.scopes import Files, FileScope, Found
from tdad.graph.resolve.values import (
    NOTHING,
    UNKNOWN,
    Cuts,
    Form,
    Hit,
    Lookup,
    TooManySteps,
    Value,
    merge,
)

_DEPTH = 8
"""Bindings followed one after another before a value counts as unknown."""
_CONSTRUCTORS = ("__init__", "__new__", "__post_init__", "__init_subclass__")
_OPAQUE = frozenset(
    {
        "Any",
        "AnyStr",
        "object",
        "Self",
        "Callable",
        "type",
        "Type",
        "Union",
        "Optional",
        "Protocol",
    }
)
"""Last names of annotations that leave the type open."""
_VIEWS = frozenset({"values", "items", "keys", "copy", "union", "elements", "most_common"})
"""Methods of containers whose result holds the same elements."""

FixtureOf = Callable[[FileScope, int, str], str | None]


class Types:
    """Evaluates chains. ``by_name`` answers for an attribute of an unknown receiver; ``fixture_of`` for parameters."""

    def __init__(
        self,
        files: Files,
        modules: Modules,
        names_of: Callable[[str], Sequence[str]],
        by_name: FallbackOf,
        fixture_of: FixtureOf,
    ) -> None:
        self._files = files
        self._by_name = by_name
        self._fixture_of = fixture_of
        self._cuts = Cuts()
        self.names = Names(files, modules, self._bindings_of, self.attribute, self._cuts)
        self.hierarchy = Hierarchy(files, self._base_of, names_of)
        self._bound: dict[tuple[str, int, str], Lookup] = {}
        self._members = Members(files, self.names, self.hierarchy, self, by_name, cuts=self._cuts)
        self._returned: dict[str, Lookup] = {}
        self._returning: set[str] = set()
        self._at_depth: dict[tuple[int, int], tuple[Lookup, int]] = {}
        """Binding and depth → what it says, and how often that was cut short for its depth."""
        self._depth = 0

    # -- chains ------------------------------------------------------------------------------------------------------

    def chain(
        self, scope: FileScope, index: int, chain: str, *, header: bool = False
    ) -> list[tuple[str, Lookup]]:
        """Each token of ``chain`` with what the chain up to there may be and which definitions that token mentions."""
        tokens = tokens_of(chain)
        steps: list[tuple[str, Lookup]] = []
        current = NOTHING
        for position, token in enumerate(tokens):
            if position == 0:
                current = self._root(scope, index, token, header=header)
            elif token == CALLED:
                current = self._called(scope, index, tokens, position, current)
            elif token == ELEMENT:
                current = merge(self.element(value) for value in _containers(current.values))
            else:
                current = self.attributes(current.values, token)
            steps.append((token, current))
        return steps

    def value(self, scope: FileScope, index: int, chain: str, *, header: bool = False) -> Lookup:
        """What the whole chain may be."""
        steps = self.chain(scope, index, chain, header=header)
        return steps[-1][1] if steps else NOTHING

    def _root(self, scope: FileScope, index: int, token: str, *, header: bool) -> Lookup:
        if token == "?":  # noqa: S105 - a token of a chain
            return NOTHING
        return self.names.name(scope, index, token, header=header)

    def _called(
        self, scope: FileScope, index: int, tokens: tuple[str, ...], position: int, current: Lookup
    ) -> Lookup:
        if position == 1 and tokens[0] in {"super", "type"}:
            cls = scope.class_around(index)
            if cls is not None:
                form = Form.SUPER if tokens[0] == "super" else Form.UNKNOWN
                return (
                    Lookup((Value(form, scope.name_of(cls)),)) if form is Form.SUPER else NOTHING
                )
        return merge(self.call(value) for value in current.values)

    # -- attributes --------------------------------------------------------------------------------------------------

    def attributes(self, values: Iterable[Value], name: str) -> Lookup:
        """Attribute ``name`` of a receiver that may be any of ``values``."""
        parts: list[Lookup] = []
        unknown = False
        values = tuple(values)
        container = any(map(_is_builtin, values))
        for value in values:
            found = self.attribute(value, name)
            if found is None and container and value.form is Form.HOLDER:
                continue  # what the container itself is, another value says
            if found is None:
                unknown = True
            else:
                parts.append(found)
        if unknown:
            parts.append(Lookup((UNKNOWN,), tuple(self._by_name(name))))
        return merge(parts)

    def attribute(self, value: Value, name: str) -> Lookup | None:  # noqa: PLR0911 - one per form
        """Attribute ``name`` of one value; ``None``: the receiver says nothing about it."""
        if value.form is Form.OBJECT:
            path, _, qualname = value.what.partition("::")
            if not qualname:
                return self.names.member(path, name) or NOTHING
            if self.hierarchy.is_class(value.what):
                return self._members.of_class(value.what, name)
            return None
        if value.form is Form.INSTANCE:
            return self._members.of_class(value.what, name)
        if value.form is Form.SUPER:
            return self._members.of_super(value.what, name)
        if value.form is Form.NAMESPACE:
            return self.names.module(f"{value.what}.{name}")
        if value.form in {Form.EXTERNAL, Form.FOREIGN}:
            return Lookup((Value(value.form, f"{value.what}.{name}"),))
        if value.form is Form.HOLDER and name in _VIEWS:
            return Lookup((value,))
        return None

    # -- calls and elements ------------------------------------------------------------------------------------------

    def call(self, value: Value) -> Lookup:
        """What calling ``value`` gives; the hits are the constructors or ``__call__`` that run."""
        if value.form is Form.OBJECT and self.hierarchy.is_class(value.what):
            found = (self.hierarchy.mro_lookup(value.what, name) for name in _CONSTRUCTORS[:3])
            hits = tuple(Hit(definition) for definition in found if definition)
            return Lookup((Value(Form.INSTANCE, value.what),), hits)
        if value.form is Form.OBJECT:
            return self.returned(value.what)
        if value.form is Form.INSTANCE:
            called = self._members.of_class(value.what, "__call__")
            if called is None:
                return NOTHING
            results = merge(self.call(v) for v in called.values if v.form is Form.OBJECT)
            return Lookup(results.values or (UNKNOWN,), called.hits)
        if value.form is Form.EXTERNAL and _is_type(value.what):
            return Lookup((Value(Form.FOREIGN, value.what),))
        return Lookup((value,)) if value.form is Form.HOLDER else NOTHING

    def element(self, value: Value) -> Lookup:
        """What subscripting or iterating over ``value`` gives; of a class: the class, parametrised."""
        if value.form is Form.OBJECT and self.hierarchy.is_class(value.what):
            return Lookup((value,))
        if value.form is Form.INSTANCE:
            parts = []
            for name in ("__getitem__", "__iter__"):
                found = self.hierarchy.mro_lookup(value.what, name)
                if found:
                    parts.append(Lookup(self.returned(found).values, (Hit(found),)))
            return (
                merge(parts) if parts else Lookup((value,))
            )  # unpacked: one of what a tuple holds
        if value.form is Form.HOLDER:
            return self._held(value)
        return Lookup((value,)) if value.form is Form.EXTERNAL else NOTHING

    def _held(self, holder: Value) -> Lookup:
        """Elements of a container."""
        path, index, target = holder.place
        scope = self._files.scope(path)
        if scope is None:
            return NOTHING
        if holder.what == "annotation":
            return merge(
                self._annotation(scope, index, text) for text in split_outside(target, ",")
            )
        target += ELEMENT
        attribute = target.startswith("self.")
        bindings = (
            scope.self_bindings.get((index, target[5:]), ())
            if attribute
            else scope.bindings.get((index, target), ())
        )
        found = merge(Lookup(self.bound(scope, binding).values) for binding in bindings)
        return merge([found, self.holder(scope, index, target)]) if bindings else NOTHING

    def holder(self, scope: FileScope, index: int, target: str) -> Lookup:
        """The container that ``target`` is, if something is known of its elements."""
        attribute = target.startswith("self.")
        table = scope.self_bindings if attribute else scope.bindings
        if (index, (target[5:] if attribute else target) + ELEMENT) in table:
            return Lookup((Value(Form.HOLDER, "", (scope.path, index, target)),))
        return Lookup()

    def returned(self, function: str) -> Lookup:
        """What calling the function ``path::qualname`` returns (of a generator: what it yields)."""
        if function in self._returned:
            self._cuts.circles += function in self._returning
            return self._returned[function]
        found = self._files.find(function)
        if found is None or self._depth >= _DEPTH:
            if found is not None:
                self._cuts.cut_deep()
            return NOTHING
        scope, indexes = found
        cuts = self._cuts.count
        self._returned[function] = NOTHING  # recursion ends here
        self._returning.add(function)
        try:
            result = self._returns(scope, indexes)
        except TooManySteps:
            self._returned[function] = Lookup((UNKNOWN,))  # it has been tried, and took too long
            raise
        finally:
            self._returning.discard(function)
        if cuts != self._cuts.count and self._depth:
            del self._returned[function]
        else:
            self._returned[function] = result
        return result

    def _returns(self, scope: FileScope, indexes: Sequence[int]) -> Lookup:
        declared = self._bound_to(scope, indexes, BindingKind.RETURN_ANNOTATION)
        result = (
            declared
            if declared.is_known
            else merge([self._bound_to(scope, indexes, BindingKind.RETURN)])
        )
        result = merge([result, *(self.holder(scope, index, "") for index in indexes)])
        return Lookup(result.values or declared.values or (UNKNOWN,))

    def _bound_to(self, scope: FileScope, indexes: Iterable[int], kind: BindingKind) -> Lookup:
        bindings = (
            b for index in indexes for b in scope.bindings.get((index, ""), ()) if b.kind is kind
        )
        return merge(self.bound(scope, binding) for binding in bindings)

    # -- bindings ----------------------------------------------------------------------------------------------------

    def _bindings_of(self, scope: FileScope, found: Found, name: str) -> Lookup:
        """What is known of the value of a variable or parameter."""
        key = (scope.path, found.scope, name)
        if key in self._bound:
            return self._bound[key]
        cuts = self._cuts.count
        parts = [Lookup(self.bound(scope, binding).values) for binding in found.bindings]
        holder = self.holder(scope, found.scope, name)
        parts += [holder] if holder.values else []
        fixture = self._fixture_of(scope, found.scope, name)
        for each in (fixture, *self.hierarchy.overrides(fixture)) if fixture else ():
            parts.append(merge(self._yielded(value) for value in self.returned(each).values))
        result = merge(parts) if parts else NOTHING
        if cuts == self._cuts.count or not self._depth:
            self._bound[key] = result
        return result

    def _yielded(self, value: Value) -> Lookup:
        """What a test gets from a fixture: of a generator what it yields."""
        if value.form is Form.HOLDER and value.place[2] == "":
            return self._held(value)
        return Lookup((value,))

    def bound(self, scope: FileScope, binding: Binding) -> Lookup:
        """What one binding says about its target."""
        if self._depth >= _DEPTH:
            self._cuts.cut_deep()
            return NOTHING
        # Elements of containers that are put into each other are looked for again and again, down to the last depth.
        key = (id(binding), self._depth)  # the facts live as long as we do
        known = self._at_depth.get(key)
        if known is not None:
            result, cuts = known
            self._cuts.count += cuts
            self._cuts.deep += cuts
            return result
        count, deep, circles = self._cuts.count, self._cuts.deep, self._cuts.circles
        self._cuts.step(self._depth)
        self._depth += 1
        try:
            result = self._bound_value(scope, binding)
        except TooManySteps:
            if self._depth > 1:
                raise
            self._cuts.count += 1
            result = Lookup((UNKNOWN,))
        finally:
            self._depth -= 1
        cuts = self._cuts.count - count
        if cuts == self._cuts.deep - deep and circles == self._cuts.circles:
            self._at_depth[key] = result, cuts
        return result

    def _bound_value(self, scope: FileScope, binding: Binding) -> Lookup:
        if binding.kind in {BindingKind.ANNOTATION, BindingKind.RETURN_ANNOTATION}:
            return self._annotation(scope, binding.owner, binding.chain)
        found = self.value(scope, binding.owner, binding.chain)
        if binding.kind is BindingKind.ITEM:
            return merge(self.element(value) for value in _containers(found.values))
        if binding.kind is BindingKind.CONTEXT:
            return merge(self._entered(value) for value in found.values)
        return found

    def _annotation(self, scope: FileScope, index: int, text: str) -> Lookup:
        """What something annotated with ``text`` in the scope of definition ``index`` may be."""
        parts = [self._annotated(scope, index, member) for member in members(text)]
        return merge(parts) if parts else NOTHING

    def _annotated(self, scope: FileScope, index: int, member: Annotated) -> Lookup:
        header = scope.facts.definitions[index].kind is DefinitionKind.FUNCTION
        if member.arguments and member.last in HOLDERS:
            place = (scope.path, index, ",".join(member.arguments))
            holder = Value(Form.HOLDER, "annotation", place)
            builtin = BUILTIN_HOLDERS.get(member.last)
            return Lookup((holder, Value(Form.FOREIGN, builtin)) if builtin else (holder,))
        if member.arguments and member.last in TRANSPARENT:
            return self._annotation(scope, index, member.arguments[-1])
        if member.arguments and member.last in CLASSES:
            found = self.value(scope, index, member.arguments[0], header=header)
            return Lookup(found.values)
        found = self.value(scope, index, member.name, header=header)
        return Lookup(tuple(self._instance_of(value) for value in found.values))

    def _instance_of(self, value: Value) -> Value:
        if value.form is Form.OBJECT and self.hierarchy.is_class(value.what):
            return Value(Form.INSTANCE, value.what)
        if value.form is Form.EXTERNAL and value.what.rpartition(".")[2] not in _OPAQUE:
            return Value(Form.FOREIGN, value.what)
        return UNKNOWN  # a type variable, a computed alias, …

    def _entered(self, value: Value) -> Lookup:
        if value.form is Form.HOLDER:
            return self._held(value)  # a generator made into a context manager
        if value.form is not Form.INSTANCE:
            return Lookup((value,))
        enter = self.hierarchy.mro_lookup(value.what, "__enter__")
        found = self.returned(enter) if enter else NOTHING
        return found if found.is_known else Lookup((value,))

    # -- bases -------------------------------------------------------------------------------------------------------

    def _base_of(self, scope: FileScope, reference: Reference) -> Sequence[str]:
        """What a BASE reference names: classes of the project, else dotted text."""
        found = self.value(scope, reference.source, reference.chain, header=True)
        bases = [
            v.what for v in found.values if v.form in {Form.OBJECT, Form.EXTERNAL, Form.FOREIGN}
        ]
        text = ".".join(
            token for token in tokens_of(reference.chain) if token not in {CALLED, ELEMENT}
        )
        return [base for base in bases if not base.endswith("::")] or [text]


def _containers(values: Sequence[Value]) -> Iterable[Value]:
    """``values`` without the builtin containers, where something is known of the elements."""
    if any(value.form is Form.HOLDER for value in values):
        return [value for value in values if not _is_builtin(value)]
    return values


def _is_builtin(value: Value) -> bool:
    """Tell whether it is an instance of a builtin type."""
    return value.form is Form.FOREIGN and value.what.startswith("builtins.")


def _is_type(dotted: str) -> bool:
    """Tell whether a dotted name outside the project looks like a class: a builtin type, or CapWords."""
    module, _, name = dotted.rpartition(".")
    if module == "builtins":
        return isinstance(getattr(__import__("builtins"), name, None), type)
    return name[:1].isupper()
