"""First walk over a file: which scope binds which name, and which nested scopes mention it.

One hand-written walk over the fields that can hold names; libcst's own visitors and metadata cost several times the
parse.
"""

# The table at the end refers to the private methods of the class in the same file.
# ruff: noqa: SLF001

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, cast

import libcst as cst

from tdad.facts_flow import ScopeKind
from tdad.source.flow.embedded import embedded, text_of

_SYNTAX_ONLY = (
    "whitespace",
    "lpar",
    "rpar",
    "header",
    "footer",
    "leading_lines",
    "lines_after_decorators",
    "semicolon",
    "comma",
    "colon",
    "equal",
    "indent",
    "bracket",
    "brace",
)


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = (entry.name for entry in fields(kind))
    return tuple(name for name in names if not any(part in name for part in _SYNTAX_ONLY))


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Nodes directly below ``node`` that are not mere punctuation, in the order of the fields (mostly source order)."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (tuple, list)):
            for item in value:
                if isinstance(item, cst.CSTNode):
                    yield item


@dataclass(eq=False)
class Names:
    """What one scope does with names. ``mentions`` includes the free names of nested scopes."""

    kind: ScopeKind
    name: str
    parent: Names | None
    node: cst.CSTNode
    bound: set[str] = field(default_factory=set)
    elements: set[str] = field(default_factory=set)
    """Variables of comprehensions: bound for nested scopes, not for the scope itself."""
    mentions: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    weak: set[str] = field(default_factory=set)
    """Names that other scopes rebind: the order of assignments here says nothing about them."""
    captured: set[str] = field(default_factory=set)
    """Names that some nested scope mentions."""
    generator: bool = False
    lambdas: int = 0
    depth: int = 0
    regions: list[set[str]] = field(default_factory=list)

    def bind(self, name: str) -> None:
        """Note that a statement binds ``name`` here."""
        self.mentions.add(name)
        self.bound.add(name)
        for region in self.regions:
            region.add(name)


@dataclass
class Index:
    """Result of the walk, by identity of the node."""

    scopes: dict[int, Names] = field(default_factory=dict)
    regions: dict[int, set[str]] = field(default_factory=dict)
    """Loop or ``try`` → names bound in it, in its own scope."""
    texts: dict[int, Sequence[cst.Module]] = field(default_factory=dict)
    """Call of ``eval`` or ``exec`` → the code that it runs."""


class NameWalk:
    """The walk. ``index`` is complete after ``module()``."""

    def __init__(self) -> None:
        self.index = Index()
        self._strings: dict[str, list[str]] = {}

    def module(self, tree: cst.Module) -> Names:
        """Walk the file; returns the scope of the module."""
        names = Names(ScopeKind.MODULE, "", None, tree)
        self.index.scopes[id(tree)] = names
        for statement in tree.body:
            self._visit(statement, names)
        self._settle(names)
        for nested in self.index.scopes.values():
            self._mark_weak(nested)
        return names

    def _nested(self, kind: ScopeKind, name: str, parent: Names, node: cst.CSTNode) -> Names:
        dotted = f"{parent.name}.{name}" if parent.name else name
        names = Names(kind, dotted, parent, node, depth=parent.depth + 1)
        self.index.scopes[id(node)] = names
        return names

    def _settle(self, names: Names) -> None:
        names.bound -= names.global_names | names.nonlocal_names
        if names.parent is not None:
            own = names.bound if names.kind is ScopeKind.FUNCTION else frozenset()
            free = names.mentions - own
            names.parent.mentions |= free
            names.parent.captured |= free

    def _mark_weak(self, names: Names) -> None:
        module: Names = names
        while module.parent is not None:
            module = module.parent
        if names is not module:
            module.weak |= names.global_names
        for name in names.nonlocal_names:
            outer = names.parent
            while outer is not None and (
                outer.kind is not ScopeKind.FUNCTION or name not in outer.bound
            ):
                outer = outer.parent
            if outer is not None:
                outer.weak.add(name)

    # -- statements and expressions ------------------------------------------------------------------------------

    def _call(self, node: cst.Call, names: Names) -> None:
        for child in children(node):
            self._visit(child, names)
        texts = embedded(node, self._strings)
        if texts:
            self.index.texts[id(node)] = texts
            for tree in texts:
                self._visit_all(tree.body, names)

    def _visit(self, node: cst.CSTNode, names: Names) -> None:
        kind = type(node)
        if kind is cst.Name:
            names.mentions.add(cast("cst.Name", node).value)
            return
        method = _SPECIAL.get(kind)
        if method is not None:
            method(self, node, names)
            return
        for child in children(node):
            self._visit(child, names)

    def _visit_all(self, nodes: Sequence[cst.CSTNode], names: Names) -> None:
        for node in nodes:
            self._visit(node, names)

    def _function(self, node: cst.FunctionDef, names: Names) -> None:
        self._visit_all(node.decorators, names)
        nested = self._nested(ScopeKind.FUNCTION, node.name.value, names, node)
        self._parameters(node.params, names, nested)
        if node.returns is not None:
            self._visit(node.returns, names)
        names.bind(node.name.value)
        self._visit(node.body, nested)
        self._settle(nested)

    def _lambda(self, node: cst.Lambda, names: Names) -> None:
        names.lambdas += 1
        nested = self._nested(ScopeKind.FUNCTION, f"<lambda{names.lambdas}>", names, node)
        self._parameters(node.params, names, nested)
        self._visit(node.body, nested)
        self._settle(nested)

    def _parameters(self, node: cst.Parameters, outer: Names, inner: Names) -> None:
        for parameter in parameters_of(node):
            inner.bind(parameter.name.value)
            if parameter.annotation is not None:
                self._visit(parameter.annotation, outer)
            if parameter.default is not None:
                self._visit(parameter.default, outer)

    def _class(self, node: cst.ClassDef, names: Names) -> None:
        self._visit_all(node.decorators, names)
        self._visit_all(node.bases, names)
        self._visit_all(node.keywords, names)
        names.bind(node.name.value)
        nested = self._nested(ScopeKind.CLASS, node.name.value, names, node)
        self._visit(node.body, nested)
        self._settle(nested)

    def _attribute(self, node: cst.Attribute, names: Names) -> None:
        self._visit(node.value, names)

    def _argument(self, node: cst.Arg, names: Names) -> None:
        self._visit(node.value, names)

    def _assign(self, node: cst.Assign, names: Names) -> None:
        self._visit(node.value, names)
        text = text_of(node.value)
        if text is not None and isinstance(node.targets[0].target, cst.Name):
            self._strings.setdefault(node.targets[0].target.value, []).append(text)
        for target in node.targets:
            self._bind(target.target, names)

    def _annotated(self, node: cst.AnnAssign, names: Names) -> None:
        self._visit(node.annotation, names)
        if node.value is not None:
            self._visit(node.value, names)
        self._bind(node.target, names)

    def _augmented(self, node: cst.AugAssign, names: Names) -> None:
        self._visit(node.value, names)
        self._bind(node.target, names)

    def _walrus(self, node: cst.NamedExpr, names: Names) -> None:
        self._bind(node.target, names)
        self._visit(node.value, names)

    def _delete(self, node: cst.Del, names: Names) -> None:
        self._bind(node.target, names)

    def _region(self, node: cst.CSTNode, names: Names) -> None:
        region: set[str] = set()
        self.index.regions[id(node)] = region
        names.regions.append(region)
        for child in children(node):
            self._visit(child, names)
        names.regions.pop()

    def _for(self, node: cst.For, names: Names) -> None:
        region: set[str] = set()
        self.index.regions[id(node)] = region
        self._visit(node.iter, names)
        names.regions.append(region)
        self._bind(node.target, names)
        self._visit(node.body, names)
        names.regions.pop()
        if node.orelse is not None:
            self._visit(node.orelse, names)

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler, names: Names) -> None:
        if node.type is not None:
            self._visit(node.type, names)
        if node.name is not None:
            self._bind(node.name.name, names)
        self._visit(node.body, names)

    def _with_item(self, node: cst.WithItem, names: Names) -> None:
        self._visit(node.item, names)
        if node.asname is not None:
            self._bind(node.asname.name, names)

    def _import(self, node: cst.Import, names: Names) -> None:
        for alias in node.names:
            if alias.asname is not None:
                self._bind(alias.asname.name, names)
            else:
                names.bind(dotted(alias.name).partition(".")[0])

    def _import_from(self, node: cst.ImportFrom, names: Names) -> None:
        if isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            names.bind(
                alias.asname.name.value
                if alias.asname is not None and isinstance(alias.asname.name, cst.Name)
                else dotted(alias.name)
            )

    def _global(self, node: cst.Global, names: Names) -> None:
        names.global_names.update(item.name.value for item in node.names)

    def _nonlocal(self, node: cst.Nonlocal, names: Names) -> None:
        names.nonlocal_names.update(item.name.value for item in node.names)

    def _yield(self, node: cst.Yield, names: Names) -> None:
        names.generator = True
        if node.value is not None:
            self._visit(node.value, names)

    def _comprehension(self, node: cst.CompFor, names: Names) -> None:
        self._visit(node.iter, names)
        self._elements(node.target, names)
        self._visit_all(node.ifs, names)
        if node.inner_for_in is not None:
            self._visit(node.inner_for_in, names)

    def _elements(self, node: cst.CSTNode, names: Names) -> None:
        if isinstance(node, cst.Name):
            names.elements.add(node.value)
            names.mentions.add(node.value)
            return
        for child in children(node):
            self._elements(child, names)

    def _pattern(self, node: cst.MatchAs | cst.MatchStar, names: Names) -> None:
        if isinstance(node, cst.MatchAs) and node.pattern is not None:
            self._visit(node.pattern, names)
        if node.name is not None:
            names.bind(node.name.value)

    def _rest(self, node: cst.MatchMapping, names: Names) -> None:
        self._visit_all(node.elements, names)
        if node.rest is not None:
            names.bind(node.rest.value)

    def _bind(self, target: cst.CSTNode, names: Names) -> None:
        if isinstance(target, cst.Name):
            names.bind(target.value)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._bind(element.value, names)
        elif isinstance(target, cst.StarredElement):
            self._bind(target.value, names)
        else:
            self._visit(target, names)


_SPECIAL: dict[type[cst.CSTNode], Callable[[NameWalk, Any, Names], None]] = {
    cst.FunctionDef: NameWalk._function,
    cst.Lambda: NameWalk._lambda,
    cst.Call: NameWalk._call,
    cst.ClassDef: NameWalk._class,
    cst.Attribute: NameWalk._attribute,
    cst.Arg: NameWalk._argument,
    cst.Assign: NameWalk._assign,
    cst.AnnAssign: NameWalk._annotated,
    cst.AugAssign: NameWalk._augmented,
    cst.NamedExpr: NameWalk._walrus,
    cst.Del: NameWalk._delete,
    cst.While: NameWalk._region,
    cst.Try: NameWalk._region,
    cst.TryStar: NameWalk._region,
    cst.For: NameWalk._for,
    cst.ExceptHandler: NameWalk._handler,
    cst.ExceptStarHandler: NameWalk._handler,
    cst.WithItem: NameWalk._with_item,
    cst.Import: NameWalk._import,
    cst.ImportFrom: NameWalk._import_from,
    cst.Global: NameWalk._global,
    cst.Nonlocal: NameWalk._nonlocal,
    cst.Yield: NameWalk._yield,
    cst.CompFor: NameWalk._comprehension,
    cst.MatchAs: NameWalk._pattern,
    cst.MatchStar: NameWalk._pattern,
    cst.MatchMapping: NameWalk._rest,
}


def parameters_of(node: cst.Parameters) -> Iterator[cst.Param]:
    """Every parameter, in the order of the call: positional, normal, star, keyword only, double star."""
    yield from node.posonly_params
    yield from node.params
    if isinstance(node.star_arg, cst.Param):
        yield node.star_arg
    yield from node.kwonly_params
    if node.star_kwarg is not None:
        yield node.star_kwarg


def dotted(node: cst.CSTNode) -> str:
    """``a.b.c`` of a chain of attributes; empty for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr.value}" if base else ""
    return ""
