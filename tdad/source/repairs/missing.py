"""What somebody forgot: a statement, a call of ``super()``, a decorator, an ``await``, an exception, a base class."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_fix import Template
from tdad.source.mutations.site import Site
from tdad.source.repairs.offer import Context, Offer, last_name

_USUAL_DECORATORS = ("property", "classmethod", "staticmethod")
_NOT_ALONE = frozenset({"setter", "deleter", "getter", "overload"})
_FORMAL_BASES = frozenset({"object"})
_MOST = 5


def statement(site: Site, context: Context) -> Iterator[Offer]:
    """``pass`` → what a function may have done there: keep a parameter, leave, raise what the file raises."""
    node = site.node
    if not isinstance(node, cst.Pass) or context.function is None:
        return
    used = _mentioned(context.function.body)
    for name in context.parameters:
        if name not in used:
            yield Offer(Template.RETURN, node, f"self.{name} = {name}", 0.6)
    for name in list(context.parameters)[:_MOST]:
        yield Offer(Template.RETURN, node, f"return {name}", 0.2)
    yield Offer(Template.RETURN, node, "return None", 0.3)
    for name in list(context.exceptions)[:_MOST]:
        if name.isidentifier():
            yield Offer(Template.RETURN, node, f"raise {name}", 0.2)


def super_call(site: Site, context: Context) -> Iterator[Offer]:
    """``pass`` (or ``None`` that is returned) → ``super().method(...)`` in a method of a derived class."""
    node, function, owner = site.node, context.function, context.owner
    if not isinstance(node, cst.Pass | cst.Return | cst.Assign):
        return  # before anything that looks at the whole function
    if function is None or owner is None or not owner.bases or context.calls_super:
        return
    call = f"super().{function.name.value}({', '.join(_handed_on(function))})"
    if isinstance(node, cst.Pass):
        yield Offer(Template.SUPER, node, call, 0.8)
        return
    match node:
        case (
            cst.Return(value=cst.Name(value="None") as none)
            | cst.Assign(value=cst.Name(value="None") as none)
        ):
            yield Offer(Template.SUPER, none, call, 0.6)


def decorator(site: Site, context: Context) -> Iterator[Offer]:
    """A decorator of the file, or a usual one, on a function that has none."""
    node = site.node
    if not isinstance(node, cst.FunctionDef) or node.decorators:
        return
    start, end = site.span(node)
    indent = " " * (start - site.source.rfind(b"\n", 0, start) - 1)
    whole = site.source[start:end].decode("utf-8")
    usual = _USUAL_DECORATORS if context.owner is not None else ()
    for text in dict.fromkeys([*context.decorators[:_MOST], *usual]):
        if text.rpartition(".")[2] not in _NOT_ALONE:
            yield Offer(Template.DECORATOR, node, f"@{text}\n{indent}{whole}", 0.25)


def awaiting(site: Site, context: Context) -> Iterator[Offer]:
    """``f()`` → ``await f()`` in a coroutine."""
    node, function = site.node, context.function
    if function is None or function.asynchronous is None:
        return
    inside = getattr(node, "value", None)
    if isinstance(node, cst.Expr | cst.Assign | cst.Return | cst.Arg) and isinstance(
        inside, cst.Call
    ):
        yield Offer(Template.AWAIT, inside, f"await {site.text(inside)}", 0.5)


def exception(site: Site, context: Context) -> Iterator[Offer]:
    """Another exception: one that handlers of the file name; ``except ()`` catches nothing and is never right."""
    node = site.node
    if not isinstance(node, cst.ExceptHandler) or node.type is None:
        return
    empty = isinstance(node.type, cst.Tuple) and not node.type.elements
    here = site.text(node.type)
    builtin = ("Exception", "KeyError", "ValueError", "TypeError", "AttributeError", "ImportError")
    for text in dict.fromkeys([*context.exceptions[:_MOST], *builtin]):
        if text != here:
            yield Offer(Template.EXCEPT, node.type, text, 0.7 if empty else 0.15)


def base(site: Site, context: Context) -> Iterator[Offer]:
    """A class of the file, or one that others of the file derive from, in the place of ``object`` or of nothing."""
    node = site.node
    if not isinstance(node, cst.ClassDef) or not node.bases:
        return
    last = node.bases[-1]
    if last.star or last_name(last.value) not in _FORMAL_BASES:
        return
    for text in context.bases[: 2 * _MOST]:
        if text not in {node.name.value, *_FORMAL_BASES}:
            yield Offer(Template.BASE, last.value, text, 0.5)


def _handed_on(function: cst.FunctionDef) -> Iterator[str]:
    """The function's own parameters as arguments of a call."""
    params = function.params
    for one in [*params.posonly_params, *params.params][1:]:
        yield one.name.value
    if isinstance(params.star_arg, cst.Param):
        yield f"*{params.star_arg.name.value}"
    for one in params.kwonly_params:
        yield f"{one.name.value}={one.name.value}"
    if params.star_kwarg is not None:
        yield f"**{params.star_kwarg.name.value}"


def _mentioned(node: cst.CSTNode) -> set[str]:
    found = {node.value} if isinstance(node, cst.Name) else set()
    for child in node.children:
        found |= _mentioned(child)
    return found
