"""What a name means: local scopes, imports, re-exports, star imports, builtins."""

from __future__ import annotations

import builtins
from collections.abc import Callable

from tdad.facts import AND_MORE, DefinitionKind, FileFacts, Import
from tdad.graph.resolve.modules import Modules
from tdad.graph.resolve.scopes import MODULE, Files, FileScope, Found
from tdad.graph.resolve.values import NOTHING, UNKNOWN, Cuts, Form, Hit, Lookup, Value, merge

_BUILTINS = frozenset(dir(builtins))
_SELVES = {"self": Form.INSTANCE, "cls": Form.OBJECT, "mcs": Form.OBJECT}

_OWN_PLACE = ("sys.modules[]", "sys.modules[].__class__")

BindingsOf = Callable[[FileScope, Found, str], Lookup]
AttributeOf = Callable[[Value, str], Lookup | None]


class Names:
    """Resolves names.

    ``bindings_of`` tells what is known of the value of a variable or parameter, ``attribute_of`` of an attribute.
    """

    def __init__(
        self,
        files: Files,
        modules: Modules,
        bindings_of: BindingsOf,
        attribute_of: AttributeOf,
        cuts: Cuts,
    ) -> None:
        self._files = files
        self._modules = modules
        self._bindings_of = bindings_of
        self._attribute_of = attribute_of
        self._cuts = cuts
        self._active: set[tuple[str, int, str]] = set()
        self._meanings: dict[tuple[str, int, str], Lookup] = {}
        self._stars: dict[tuple[str, str], Lookup | None] = {}

    def name(self, scope: FileScope, index: int, name: str, *, header: bool = False) -> Lookup:
        """What ``name`` is where definition ``index`` mentions it."""
        if name in _SELVES and not header:
            cls = scope.class_around(index)
            if cls is not None:
                return Lookup((Value(_SELVES[name], scope.name_of(cls)),))
        found = scope.look_up(name, index, header=header)
        if found is not None:
            return self.meaning(scope, found, name)
        starred = self._starred(scope, name)
        if starred is not None:
            return starred
        if name in _BUILTINS:
            return Lookup((Value(Form.EXTERNAL, f"builtins.{name}"),))
        return NOTHING

    def meaning(self, scope: FileScope, found: Found, name: str) -> Lookup:
        """What a name means that is bound in a known scope of a known file."""
        key = (scope.path, found.scope, name)
        if key in self._meanings:
            return self._meanings[key]
        if key in self._active:
            self._cuts.count += 1
            return NOTHING
        cuts = self._cuts.count
        self._active.add(key)
        try:
            result = self._meaning(scope, found, name)
        finally:
            self._active.discard(key)
        if cuts == self._cuts.count or not self._active:
            self._meanings[key] = result
        return result

    def _meaning(self, scope: FileScope, found: Found, name: str) -> Lookup:
        parts: list[Lookup] = []
        variable = bool(found.bindings) or not (found.definitions or found.imports)
        for index in found.definitions:
            definition = scope.name_of(index)
            if scope.facts.definitions[index].kind is DefinitionKind.VARIABLE:
                variable = variable or not found.imports
                parts.append(Lookup((), (Hit(definition),)))
            else:
                parts.append(Lookup((Value(Form.OBJECT, definition),), (Hit(definition),)))
        for item in found.imports:
            parts.append(self.imported(item, scope.path))
            owner = scope.facts.definitions[found.scope]
            if owner.kind is not DefinitionKind.FUNCTION:
                parts.append(Lookup((), (Hit(_below(scope, found.scope, name)),)))
        if variable:
            parts.append(self._bindings_of(scope, found, name))
        merged = merge(parts)
        return merged if merged.values else Lookup((UNKNOWN,), merged.hits)

    def imported(self, item: Import, importer: str) -> Lookup:
        """What an import binds to its alias."""
        if item.name:
            return self.from_module(item.module, item.name, importer)
        top = item.module.partition(".")[0]
        if item.alias == top:
            return self.module(top, importer)
        return self.module(item.module, importer)

    def from_module(self, module: str, name: str, importer: str) -> Lookup:
        """``from module import name``, asked for by the file ``importer``."""
        path = self._modules.path_of(module, importer)
        if path is not None:
            # ``from pkg import sub`` in pkg/__init__.py itself finds no name there but the module below.
            inner = self._submodule(path, name) if path == importer else None
            found = inner or self.member(path, name)
            return found if found is not None else NOTHING
        if self._modules.is_namespace(module, importer):
            return self.module(f"{module}.{name}", importer)
        return Lookup((Value(Form.EXTERNAL, f"{module}.{name}"),))

    def module(self, dotted: str, importer: str = "") -> Lookup:
        """The module (or namespace package, or foreign module) of that dotted name."""
        path = self._modules.path_of(dotted, importer)
        if path is not None:
            return Lookup((Value(Form.OBJECT, f"{path}::"),), (Hit(f"{path}::"),))
        if self._modules.is_namespace(dotted, importer):
            return Lookup((Value(Form.NAMESPACE, dotted),))
        return Lookup((Value(Form.EXTERNAL, dotted),))

    def member(self, path: str, name: str) -> Lookup | None:
        """Attribute ``name`` of the module ``path``; ``None`` when the module has none as far as is known."""
        scope = self._files.scope(path)
        if scope is None:
            return None
        found = scope.bound_in(name, MODULE)
        if found is not None:
            return self.meaning(scope, found, name)
        starred = self._starred(scope, name)
        if starred is not None:
            return starred
        return self._submodule(path, name) or self._replaced(scope, name) or self._dynamic(scope)

    def _replaced(self, scope: FileScope, name: str) -> Lookup | None:
        """An attribute of what a module puts in its own place (``sys.modules[__name__]``), or makes its class."""
        parts = []
        for target in _OWN_PLACE:
            bindings = scope.bindings.get((MODULE, target), ())
            found = Found(MODULE, (), (), bindings)
            for value in self._bindings_of(scope, found, target).values if bindings else ():
                if value.form in {Form.INSTANCE, Form.OBJECT} and not value.what.endswith("::"):
                    stands = Value(Form.INSTANCE, value.what)
                    parts.append(self._attribute_of(stands, name) or NOTHING)
        merged = merge(parts)
        return merged if merged.hits or merged.values else None

    def _submodule(self, path: str, name: str) -> Lookup | None:
        if not path.endswith("__init__.py"):
            return None
        names = self._modules.names_of(path)
        dotted = f"{names[0]}.{name}" if names else name
        inner = self._modules.path_of(dotted, path)
        if inner is not None:
            return Lookup((Value(Form.OBJECT, f"{inner}::"),), (Hit(f"{inner}::"),))
        return None

    @staticmethod
    def _dynamic(scope: FileScope) -> Lookup | None:
        """PEP 562: a module-level ``__getattr__`` may answer for any name."""
        if "__getattr__" in scope.children.get(MODULE, {}):
            return Lookup((UNKNOWN,), (Hit(f"{scope.path}::__getattr__"),))
        return None

    def _starred(self, scope: FileScope, name: str) -> Lookup | None:
        """What ``name`` is by way of the module's star imports; ``None``: none of the project's brings it."""
        if not scope.stars:
            return None
        key, mark = (scope.path, name), (scope.path, -1, name)
        if key in self._stars:
            return self._stars[key]
        if mark in self._active:
            self._cuts.count += 1
            return None
        cuts = self._cuts.count
        self._active.add(mark)
        try:
            result = self._by_stars(scope, name)
        finally:
            self._active.discard(mark)
        if cuts == self._cuts.count or not self._active:
            self._stars[key] = result
        return result

    def _by_stars(self, scope: FileScope, name: str) -> Lookup | None:
        parts: list[Lookup] = []
        foreign = False
        for item in scope.stars:
            path = self._modules.path_of(item.module, scope.path)
            if path is None:
                foreign = True
            elif self.exports(path, name):
                found = self.member(path, name)
                if found is not None:
                    parts.append(found)
        if parts:
            return merge(parts)
        return NOTHING if foreign and name not in _BUILTINS else None

    def exports(self, path: str, name: str) -> bool:
        """Tell whether ``from <path> import *`` brings ``name``, should the module have it."""
        scope = self._files.scope(path)
        if scope is None:
            return False
        return is_exported(scope.facts, name)


def is_exported(facts: FileFacts, name: str) -> bool:
    """Tell whether a star import brings ``name``: what ``__all__`` lists, or what is not private."""
    exports = facts.exports
    if exports is None:
        return not name.startswith("_")
    return name in exports or (AND_MORE in exports and not name.startswith("__"))


def _below(scope: FileScope, index: int, name: str) -> str:
    qualname = scope.facts.definitions[index].qualname
    return f"{scope.path}::{qualname}.{name}" if qualname else f"{scope.path}::{name}"
