"""The functions of test files by the names under which tests call them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from tdad.source.checks.marks import Source
from tdad.source.checks.normal import last_name, normal


@dataclass(frozen=True, slots=True)
class Function:
    """One function, where it is, and what its nodes are read with."""

    node: cst.FunctionDef
    path: str
    qualname: str
    source: Source
    cls: str = ""
    """Name of the class in which it, or the function around it, is."""
    nested: bool = False
    """It is in another function."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Names of the module and of the class (``self.LIMIT``) that stand for something written out → its normal form."""

    @property
    def static(self) -> bool:
        """Whether a call gives it no ``self``."""
        return (
            self.nested
            or not self.cls
            or any(last_name(each.decorator) == "staticmethod" for each in self.node.decorators)
        )

    def names(self) -> dict[str, str]:
        """What names stand for where the function begins: the constants that no parameter hides."""
        given = self.node.params
        own = {p.name.value for p in (*given.posonly_params, *given.params, *given.kwonly_params)}
        return {name: value for name, value in self.constants.items() if name not in own}

    def given(self, call: cst.Call, names: Mapping[str, str]) -> dict[str, str]:
        """What names stand for in it when ``call`` runs it, where ``names`` stand for what they do."""
        given = dict(names) if self.nested else self.names()
        parameters = [*self.node.params.posonly_params, *self.node.params.params]
        if not self.static:
            parameters = parameters[1:]
        for parameter in (*parameters, *self.node.params.kwonly_params):
            if parameter.default is not None:
                given[parameter.name.value] = normal(parameter.default, {})
        for position, arg in enumerate(call.args):
            if arg.keyword is not None:
                given[arg.keyword.value] = normal(arg.value, names)
            elif not arg.star and position < len(parameters):
                given[parameters[position].name.value] = normal(arg.value, names)
        return given


@dataclass(slots=True)
class Module:
    """The functions of one file, and the names that it imports."""

    path: str
    functions: dict[str, Function] = field(default_factory=dict)
    """By name, at the level of the module."""
    methods: dict[str, dict[str, Function]] = field(default_factory=dict)
    """By name of the class and of the method."""
    bases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    """Alias → dotted name, as far as the file says."""


@dataclass(frozen=True, slots=True)
class Library:
    """All modules of one version that were given."""

    modules: Mapping[str, Module]
    """By path."""

    def function(self, func: cst.BaseExpression, near: Function) -> Function | None:
        """Return the function that a call in ``near`` runs, if it is one of ours."""
        module = self.modules[near.path]
        match func:
            case cst.Name(value=name):
                found = module.functions.get(name)
                return found or self._imported(module, name)
            case cst.Attribute(value=cst.Name(value=("self" | "cls")), attr=attr) if near.cls:
                return self._method(module, near.cls, attr.value, ())
            case cst.Attribute(value=cst.Name(value=owner), attr=attr):
                if owner in module.methods:
                    return self._method(module, owner, attr.value, ())
                return self._member(module.imports.get(owner, ""), attr.value)
            case cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=attr) if (
                near.cls
            ):
                for base in module.bases.get(near.cls, ()):
                    if found := self._method(module, base, attr.value, (near.cls,)):
                        return found
        return None

    def _imported(self, module: Module, name: str) -> Function | None:
        dotted = module.imports.get(name, "")
        return self._member(*dotted.rpartition(".")[::2]) if "." in dotted else None

    def _member(self, dotted: str, name: str) -> Function | None:
        """A function of the module that is called ``dotted``, or whose path ends so."""
        ending = dotted.lstrip(".").replace(".", "/")
        if not ending:
            return None
        for path in (f"{ending}.py", f"{ending}/__init__.py"):
            for found, module in self.modules.items():
                if found == path or found.endswith(f"/{path}"):
                    return module.functions.get(name)
        return None

    def _method(
        self, module: Module, cls: str, name: str, seen: tuple[str, ...]
    ) -> Function | None:
        if cls in seen:
            return None
        found = module.methods.get(cls, {}).get(name)
        if found is not None:
            return found
        for base in module.bases.get(cls, ()):
            home, owner = module, base
            if base not in module.methods and (dotted := module.imports.get(base)):
                home, owner = self._home(dotted) or module, dotted.rpartition(".")[2]
            if found := self._method(home, owner, name, (*seen, cls)):
                return found
        return None

    def _home(self, dotted: str) -> Module | None:
        """The module in which the class ``dotted`` is."""
        ending = dotted.lstrip(".").rpartition(".")[0].replace(".", "/")
        for path, module in self.modules.items():
            if ending and (path == f"{ending}.py" or path.endswith(f"/{ending}.py")):
                return module
        return None
