"""Conditions: negated, off by one, a missing check for None."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_fix import Template
from tdad.source.mutations import conditions as seeded
from tdad.source.mutations import off_by_one
from tdad.source.mutations.site import Site
from tdad.source.repairs.offer import Context, Offer


def negated(site: Site, context: Context) -> Iterator[Offer]:
    """``not x`` → ``x`` and back, where a condition stands."""
    del context
    for proposal in seeded.negated(site):
        node = proposal.node
        was = isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not)
        text = proposal.text
        if was and text.startswith("(") and not _needed(node):
            text = text[1:-1] if _one_pair(text) else text
        yield Offer(Template.CONDITION, node, text, 0.9 if was else 0.6)


def negated_operand(site: Site, context: Context) -> Iterator[Offer]:
    """A forgotten ``not``, or one too many, on one side of ``and`` / ``or``; a comparison has an opposite instead."""
    del context
    node = site.node
    if not isinstance(node, cst.BooleanOperation):
        return
    for side in (node.left, node.right):
        match side:
            case cst.UnaryOperation(operator=cst.Not(), expression=expression):
                yield Offer(Template.CONDITION, side, site.text(expression), 0.6)
            case cst.Call() | cst.Name() | cst.Attribute() | cst.Subscript():
                yield Offer(Template.CONDITION, side, f"not {site.text(side)}", 0.5)


def _needed(node: cst.CSTNode) -> bool:
    """Whether what is negated would mean something else without its parentheses: a tuple, a generator, ``:=``."""
    inner = node.expression if isinstance(node, cst.UnaryOperation) else node
    return isinstance(inner, cst.Tuple | cst.GeneratorExp | cst.NamedExpr | cst.Yield) or (
        "\n" in getattr(inner, "value", "")
        if isinstance(inner, cst.SimpleString)
        else isinstance(inner, cst.ConcatenatedString)
    )


def _one_pair(text: str) -> bool:
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and at < len(text) - 1:
            return False
    return "\n" not in text and "'" not in text and '"' not in text


def shifted(site: Site, context: Context) -> Iterator[Offer]:
    """The edge of a comparison; ``n + 1``, ``n`` and ``n - 1`` as a bound, a stop or an operand."""
    del context
    for proposal in off_by_one.shifted(site):
        yield Offer(Template.OFF_BY_ONE, proposal.node, proposal.text, 0.8)
        node = proposal.node
        if isinstance(node, cst.BaseExpression) and not isinstance(node, cst.Integer):
            yield Offer(Template.OFF_BY_ONE, node, proposal.text.removesuffix("+ 1") + "- 1", 0.5)
    node = site.node
    match node:
        case cst.BinaryOperation(operator=cst.Add() | cst.Subtract(), right=cst.Integer() as one):
            if one.evaluated_value == 1:
                yield Offer(Template.OFF_BY_ONE, node, site.text(node.left), 0.8)


def none_check(site: Site, context: Context) -> Iterator[Offer]:
    """``if p is None: return None`` before the first statement that uses an attribute or item of a parameter."""
    node = site.node
    if not isinstance(node, cst.FunctionDef) or not isinstance(node.body, cst.IndentedBlock):
        return
    for name in context.parameters[:4]:
        if name not in _dereferenced(node.body) or _compared_to_none(node.body, name):
            continue
        first = first_statement(node.body)
        if first is None:
            continue
        indent = indent_of(site, first)
        text = f"if {name} is None:\n{indent}    return None\n{indent}{text_of(site, first)}"
        yield Offer(Template.NONE_CHECK, first, text, 0.3)


def text_of(site: Site, node: cst.CSTNode) -> str:
    """The source of a statement as it stands."""
    start, end = site.span(node)
    return site.source[start:end].decode("utf-8")


def indent_of(site: Site, node: cst.CSTNode) -> str:
    """What stands before a statement on its line."""
    start = site.span(node)[0]
    line = site.source[site.source.rfind(b"\n", 0, start) + 1 : start]
    return line.decode("utf-8") if not line.strip() else " " * len(line)


def first_statement(body: cst.IndentedBlock) -> cst.CSTNode | None:
    """The first one that is no documentation."""
    for statement in body.body:
        text = isinstance(statement, cst.SimpleStatementLine) and all(
            isinstance(part, cst.Expr) and isinstance(part.value, cst.SimpleString)
            for part in statement.body
        )
        if not text:
            return statement
    return None


def _dereferenced(node: cst.CSTNode) -> frozenset[str]:
    found: set[str] = set()
    stack: list[cst.CSTNode] = [node]
    while stack:
        here = stack.pop()
        stack += here.children
        match here:
            case (
                cst.Attribute(value=cst.Name(value=name))
                | cst.Subscript(value=cst.Name(value=name))
            ):
                found.add(name)
    return frozenset(found)


def _compared_to_none(node: cst.CSTNode, name: str) -> bool:
    stack: list[cst.CSTNode] = [node]
    while stack:
        here = stack.pop()
        stack += here.children
        match here:
            case cst.Comparison(left=cst.Name(value=left)) if left == name:
                return True
    return False
