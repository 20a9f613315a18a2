"""Lines of statements. See docs/adr/0004-positions-from-libcst.md."""

from __future__ import annotations

import ast
import re
from types import SimpleNamespace
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from tdad.source.decode import SourceError

_TOO_DEEP = ("too many nested", "too many levels", "too many statically nested", "overflow")
_OPENING = re.compile(r"[-+~*/%&|^<>=.,(\[{]|\b(?:not|lambda|await|if|else|and|or|in|is)\b")
_MOST_OPERATORS = 600
_MOST_BRACKETS = 60


class MismatchError(Exception):
    """The two trees do not have the same statements."""


def parse(text: str) -> tuple[cst.Module, Any]:
    """Return the concrete tree and the abstract one; the latter is ``None`` when only libcst knows the syntax.

    The abstract parser goes first: its limits on nesting protect us, as libcst's native parser overflows the stack.

    Raises:
        SourceError: it does not parse, or is nested too deeply.
    """
    tree: Any = None
    problem: SyntaxError | None = None
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        problem = error
        if any(words in str(error.msg) for words in _TOO_DEEP) or _is_deep(text):
            raise SourceError(str(error.msg), error.lineno or 1) from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise SourceError(f"nested too deeply: {error}", 1) from error
    try:
        return cst.parse_module(text), tree
    except cst.ParserSyntaxError as error:
        if problem is not None:
            raise SourceError(str(problem.msg), problem.lineno or 1) from error
        raise SourceError(error.message, error.raw_line) from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise SourceError(f"nested too deeply: {error}", 1) from error


def _is_deep(text: str) -> bool:
    """Tell whether a text might overflow libcst's stack: more operators or brackets than sane in one statement."""
    depth = operators = 0
    for line in text.split("\n"):
        if depth <= 0:
            operators = depth = 0
        operators += len(_OPENING.findall(line))
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        if operators > _MOST_OPERATORS or depth > _MOST_BRACKETS:
            return True
    return False


def fallback_tree(module: cst.Module) -> tuple[cst.Module, Any]:
    """Return the module (copied) and a tree of the shape of ``ast``'s, made from libcst's own positions."""
    wrapper = MetadataWrapper(module)
    positions = wrapper.resolve(PositionProvider)
    return wrapper.module, SimpleNamespace(body=_Mirror(positions).suite(wrapper.module))


class _Mirror:
    """Builds nodes that look like ``ast`` statements: lineno, end_lineno, body, orelse, …."""

    def __init__(self, positions: Any) -> None:
        self.positions = positions

    def suite(self, node: Any) -> list[Any]:
        """Mirror the statements of a module or a suite."""
        found = []
        for item in node.body:
            if isinstance(item, cst.SimpleStatementLine):
                found += [self.node(small, small) for small in item.body]
            elif isinstance(item, cst.BaseCompoundStatement):
                found.append(self.compound(item))
            else:
                found.append(self.node(item, item))
        return found

    def node(self, node: Any, end: Any) -> Any:
        return SimpleNamespace(
            lineno=self.positions[node].start.line, end_lineno=self.positions[end].end.line
        )

    def compound(self, node: Any) -> Any:
        """Mirror a compound statement with its clauses."""
        made = self.node(node, node)
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            made.decorator_list = [self.node(d.decorator, d) for d in node.decorators]
            made.lineno = self.positions[node.name].start.line
        if isinstance(node, cst.Match):
            made.cases = [self.clause(case) for case in node.cases]
            return made
        made.body = self.suite(node.body)
        if isinstance(node, (cst.Try, cst.TryStar)):
            made.handlers = [self.clause(handler) for handler in node.handlers]
            made.finalbody = self.suite(node.finalbody.body) if node.finalbody else []
        orelse = getattr(node, "orelse", None)
        if isinstance(orelse, cst.If):
            made.orelse = [self.compound(orelse)]
        else:
            made.orelse = self.suite(orelse.body) if orelse is not None else []
        return made

    def clause(self, node: Any) -> Any:
        made = self.node(node, node)
        made.body = self.suite(node.body)
        made.pattern = made
        return made
