"""Text of one file → flow facts. No I/O, no other file is looked at."""

from __future__ import annotations

from itertools import accumulate

import libcst as cst

from tdad.facts_flow import RETURNED, FlowFacts, Scope, ScopeKind
from tdad.source.flow.expressions import evaluate
from tdad.source.flow.names import Names, NameWalk
from tdad.source.flow.scope import FileFlow, ScopeFlow
from tdad.source.flow.statements import execute

_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))
_DEEPEST = 500

__all__ = ["flow_facts"]


def flow_facts(module: str, content: bytes, *, package: bool = False) -> FlowFacts:
    """What the file does with values.

    Args:
        module: dotted name that the file is imported by.
        content: its bytes, in whatever encoding they declare.
        package: it is the ``__init__`` of the package ``module``.

    Returns:
        The facts; of a file that cannot be parsed an empty module and ``error``.
    """
    too_deep = "nested too deeply"
    if _is_too_deep(content):
        return FlowFacts(module, (Scope("", ScopeKind.MODULE, -1),), error=too_deep)
    try:
        tree = cst.parse_module(content)
        return _facts(module, tree, package=package)
    except (cst.ParserSyntaxError, UnicodeError, LookupError, SyntaxError) as error:
        reason = str(error).partition("\n")[0]
    except RecursionError:
        reason = too_deep
    return FlowFacts(module, (Scope("", ScopeKind.MODULE, -1),), error=reason)


def _is_too_deep(content: bytes) -> bool:
    """Tell whether brackets are nested so deeply that libcst's parser would overflow the stack of the process.

    Python itself refuses more than 200 levels; brackets in strings and comments are counted too, hence the margin.
    """
    brackets = content.translate(None, _NO_BRACKETS)
    levels = accumulate(1 if bracket in b"([{" else -1 for bracket in brackets)
    return max(levels, default=0) > _DEEPEST


def _facts(module: str, tree: cst.Module, *, package: bool) -> FlowFacts:
    walk = NameWalk()
    root = walk.module(tree)
    base = module if package else module.rpartition(".")[0]
    file = FileFlow(
        module,
        base,
        walk.index,
        root,
        evaluate,
        execute,
        stars=_has_star(tree),
        hidden=_binds_unseen(root),
    )
    top = ScopeFlow(file, root, -1)
    top.number = 0
    file.scopes.append(None)
    for statement in tree.body:
        file.certain = isinstance(statement, cst.SimpleStatementLine)
        execute(top, statement)
    top.publish()
    file.scopes[0] = top.finish()
    while file.queue:
        number, scope, body = file.queue.popleft()
        _run(scope, body)
        file.scopes[number] = scope.finish()
    scopes = tuple(scope for scope in file.scopes if scope is not None)
    return FlowFacts(module, scopes, file.exports, file.sites)


def _run(scope: ScopeFlow, body: cst.CSTNode) -> None:
    if isinstance(body, cst.BaseSuite):
        execute(scope, body)
        if scope.names.kind is ScopeKind.CLASS:
            scope.publish()
    else:
        scope.copy(evaluate(scope, body), RETURNED)


def _binds_unseen(root: Names) -> bool:
    """Tell whether names of the module may be bound by their text: ``globals()["name"] = …``."""
    return bool(root.mentions & {"globals", "vars", "setattr", "locals"})


def _has_star(tree: cst.Module) -> bool:
    pending: list[cst.CSTNode] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, cst.ImportFrom) and isinstance(node.names, cst.ImportStar):
            return True
        if isinstance(
            node, (cst.SimpleStatementLine, cst.If, cst.Else, cst.Try, cst.IndentedBlock)
        ):
            pending.extend(
                part for part in node.children if not isinstance(part, cst.BaseExpression)
            )
        elif isinstance(node, cst.ExceptHandler):
            pending.append(node.body)
    return False
