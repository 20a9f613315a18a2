"""The statements of a suite as digests: whether two functions are the same, and how alike they are."""

from __future__ import annotations

import libcst as cst

from tdad.source.checks.normal import meaning, normal
from tdad.source.fingerprint import hash_tokens


def digests_of(body: cst.BaseSuite) -> list[str]:
    """Return a digest for each statement of a function, headers of compound ones included, without the docstring."""
    found: list[str] = []
    _suite(body, found)
    if found and _is_docstring(body):
        del found[0]
    return found


def _suite(node: cst.CSTNode, found: list[str]) -> None:
    for statement in meaning(node):
        match statement:
            case cst.SimpleStatementLine():
                found += (hash_tokens([normal(small, {})]) for small in statement.body)
            case cst.BaseCompoundStatement() | cst.Else() | cst.ExceptHandler() | cst.Finally():
                _compound(statement, found)
            case cst.BaseSmallStatement():
                found.append(hash_tokens([normal(statement, {})]))


def _compound(node: cst.CSTNode, found: list[str]) -> None:
    header, inner = [type(node).__name__], []
    for child in meaning(node):
        if isinstance(child, cst.BaseSuite):
            inner.append(child)
        elif isinstance(
            child,
            cst.BaseCompoundStatement | cst.Else | cst.ExceptHandler | cst.Finally | cst.MatchCase,
        ):
            inner.append(child)  # type: ignore[arg-type]  # suites and clauses are walked alike
        else:
            header.append(normal(child, {}))
    found.append(hash_tokens(header))
    for child in inner:
        if isinstance(child, cst.BaseSuite):
            _suite(child, found)
        else:
            _compound(child, found)


def _is_docstring(body: cst.BaseSuite) -> bool:
    first = body.body[0] if body.body else None
    if isinstance(first, cst.SimpleStatementLine):
        first = first.body[0] if first.body else None
    return isinstance(first, cst.Expr) and isinstance(
        first.value, cst.SimpleString | cst.ConcatenatedString
    )
