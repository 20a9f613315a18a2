"""What a file says elsewhere, gathered once: names in scope, constants, decorators, exceptions, classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from tdad.source.mutations.site import Scope
from tdad.source.repairs.offer import Context, last_name
from tdad.source.repairs.pieces import Pieces, pieces_of

_SELF = frozenset({"self", "cls", "mcs"})
_MOST = 40
_LONGEST = 60
"""Longer strings are prose, not constants."""


@dataclass(slots=True)
class Surroundings:
    """Facts of a whole file; :meth:`context` narrows them to a place."""

    functions: dict[str, cst.FunctionDef] = field(default_factory=dict)
    classes: dict[str, cst.ClassDef] = field(default_factory=dict)
    strings: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    decorators: Counter[str] = field(default_factory=Counter)
    exceptions: Counter[str] = field(default_factory=Counter)
    bases: Counter[str] = field(default_factory=Counter)
    pieces: Pieces = field(default_factory=Pieces)
    _contexts: dict[str, Context] = field(default_factory=dict)
    _attributes: dict[int, Sequence[str]] = field(default_factory=dict)
    _short: Sequence[str] | None = None

    def context(self, scope: Scope, node: cst.CSTNode) -> Context:
        """What is in reach of code of ``scope``."""
        del node  # all of a scope share one context
        if scope.qualname not in self._contexts:
            self._contexts[scope.qualname] = self._made(scope.qualname)
        return self._contexts[scope.qualname]

    def _attributes_of(self, owner: cst.ClassDef | None) -> Sequence[str]:
        if owner is None:
            return ()
        if id(owner) not in self._attributes:
            self._attributes[id(owner)] = sorted(_attributes(owner))
        return self._attributes[id(owner)]

    def _strings(self) -> Sequence[str]:
        """One list for all contexts: short strings, the most frequent first."""
        if self._short is None:
            self._short = [
                text for text, _ in self.strings.most_common() if 0 < len(text) <= _LONGEST
            ]
        return self._short

    def _made(self, qualname: str) -> Context:
        function = self.functions.get(qualname)
        owner, name = None, qualname
        while name and owner is None:
            owner = self.classes.get(name)
            name = name.rpartition(".")[0]
        parameters = _parameters(function) if function else []
        bound = list(dict.fromkeys([*parameters, *(_bound(function) if function else ())]))
        return Context(
            function=function,
            owner=owner,
            parameters=parameters,
            locals=bound,
            attributes=self._attributes_of(owner),
            strings=self._strings(),
            numbers=_frequent(self.numbers),
            decorators=_frequent(self.decorators),
            exceptions=_frequent(self.exceptions),
            calls_super=function is not None and _calls_super(function),
            bases=_frequent(self.bases),
            qualname=qualname,
            pieces=self.pieces,
            known=frozenset({*bound, *self.pieces.names, *_receiver(function, owner)}),
        )


def surroundings(module: cst.Module, words: Iterable[str]) -> Surroundings:
    """Gather the facts of a module; ``words``: strings seen elsewhere."""
    found = Surroundings(pieces=pieces_of(module))
    _gather(module, "", found, module)
    found.strings.update(word for word in words)
    return found


def _receiver(function: cst.FunctionDef | None, owner: cst.ClassDef | None) -> set[str]:
    """``self`` or ``cls``, as the method has it."""
    first = function.params.params[:1] if function and owner else ()
    return {one.name.value for one in first}


def _gather(node: cst.CSTNode, qualname: str, found: Surroundings, module: cst.Module) -> None:
    match node:
        case cst.FunctionDef(name=cst.Name(value=name)):
            qualname = f"{qualname}.{name}" if qualname else name
            found.functions[qualname] = node
            found.decorators.update(module.code_for_node(d.decorator) for d in node.decorators)
        case cst.ClassDef(name=cst.Name(value=name)):
            qualname = f"{qualname}.{name}" if qualname else name
            found.classes[qualname] = node
            found.bases[name] += 1
            found.bases.update(module.code_for_node(b.value) for b in node.bases if not b.star)
        case cst.SimpleString():
            value = node.evaluated_value
            if isinstance(value, bytes):
                value = value.decode("latin-1")
            found.strings[value] += 1
        case cst.Integer() | cst.Float():
            found.numbers[node.value] += 1
        case cst.ExceptHandler(type=cst.BaseExpression() as kind):
            if not (isinstance(kind, cst.Tuple) and not kind.elements):
                found.exceptions[module.code_for_node(kind)] += 1
        case cst.Raise(exc=cst.BaseExpression() as raised):
            if name := last_name(raised):
                found.exceptions[name] += 0
    for child in node.children:
        _gather(child, qualname, found, module)


def _calls_super(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Name(value="super")):
            return True
    return any(_calls_super(child) for child in node.children)


def _frequent(counted: Counter[str]) -> Sequence[str]:
    return [text for text, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))][:_MOST]


def _parameters(function: cst.FunctionDef) -> list[str]:
    params = function.params
    every = [*params.posonly_params, *params.params, *params.kwonly_params]
    if isinstance(params.star_arg, cst.Param):
        every.append(params.star_arg)
    if params.star_kwarg is not None:
        every.append(params.star_kwarg)
    return [one.name.value for one in every if one.name.value not in _SELF]


def _bound(node: cst.CSTNode) -> Iterator[str]:
    """Names that a function binds in its own body."""
    if (
        isinstance(node, cst.AssignTarget | cst.NamedExpr) and isinstance(node.target, cst.Name)
    ) or (isinstance(node, cst.For | cst.CompFor) and isinstance(node.target, cst.Name)):
        yield node.target.value
    for child in node.children:
        if not isinstance(child, cst.ClassDef | cst.FunctionDef | cst.Lambda):
            yield from _bound(child)


def _attributes(node: cst.CSTNode) -> set[str]:
    found: set[str] = set()
    match node:
        case cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=name)):
            found.add(name)
    for child in node.children:
        found |= _attributes(child)
    return found
