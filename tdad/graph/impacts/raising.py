"""What runs at import may raise after a change, and then nothing that needs the module runs at all."""

from __future__ import annotations

import builtins
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tdad.facts import (
    ANNOTATIONS,
    Change,
    ChangeKind,
    Definition,
    DefinitionKind,
    FileFacts,
    Import,
    Part,
    ReferenceKind,
    Span,
    Statement,
    StatementKind,
)
from tdad.graph.impacts.classes import has_processing_base, is_plain, mentions, split
from tdad.graph.impacts.making import is_made_plainly
from tdad.graph.impacts.versions import Versions
from tdad.graph.resolve import Edge, Resolver
from tdad.graph.resolve.scopes import FileScope
from tdad.graph.resolve.values import NOTHING

Shape = Counter[tuple[str, ...]]
_BUILTINS = frozenset(dir(builtins))
_METHODS = frozenset(
    name
    for cls in (str, bytes, list, tuple, dict, set, int, float)
    for name in dir(cls)
    if not name.startswith("_")
)
_LOOKED_UP = frozenset(
    {
        ReferenceKind.READ,
        ReferenceKind.CALL,
        ReferenceKind.BASE,
        ReferenceKind.DECORATOR,
        ReferenceKind.DEFAULT,
    }
)
"""Mentions that look a name up in the scope of the module."""
HEADER_KINDS = frozenset({ReferenceKind.DECORATOR, ReferenceKind.DEFAULT, ReferenceKind.BASE})
_SAY_NOTHING = ANNOTATIONS | {ReferenceKind.STRING}


def may_raise(versions: Versions, change: Change) -> bool:
    """Whether code that the change affects may fail where it did not: not when only literals and operators are others.

    An approximation: ``1 / 2`` that becomes ``1 / 0`` is taken for harmless.
    """
    if change.part is Part.DATA:
        return change.kind in {ChangeKind.REMOVED, ChangeKind.RENAMED}
    if change.part is Part.DOCSTRING:
        return False
    if change.part is Part.WHOLE or change.kind is ChangeKind.ADDED:
        return change.kind is not ChangeKind.ADDED
    before, now = _both(versions, change)
    if change.part is Part.VALUE:  # another value is as good as the old one, unless a name is gone
        return bool(_bound_in(before) - _bound_in(now))
    if change.part is Part.EFFECT:
        return change.kind is ChangeKind.REMOVED
    return before != now or any(
        _decides(facts, spans)
        for facts, spans in _sides(versions, change)
        if change.part is Part.BODY
    )


def _bound_in(shape: Shape) -> set[str]:
    return {name for key in shape if key[0] == "" for name in key[2:]}


def raises_itself(versions: Versions, change: Change) -> bool:
    """Whether a statement at module or class level mentions something else now, and that is nowhere."""
    scope = versions.now.files.scope(change.path)
    if scope is None or not change.new:
        return False
    before, now = _both(versions, change)
    new = {key[1] for key in now - before if len(key) == 2 and key[0] in _LOOKED_UP}
    return any(_is_missing(versions, scope, chain) for chain in new)


def _is_missing(versions: Versions, scope: FileScope, chain: str) -> bool:
    """Whether a name is bound nowhere, or is asked of a module of the project that does not have it."""
    root, *rest = chain.replace("()", "").replace("[]", "").split(".")
    found = versions.now.names.name(scope, 0, root)
    if found == NOTHING:
        local = any(root in names for names in scope.locals.values())
        return root.isidentifier() and not local and not scope.stars
    modules = [value.what for value in found.values if value.what.endswith("::")]
    return bool(rest and modules) and all(
        versions.now.names.member(module.removesuffix("::"), rest[0]) is None for module in modules
    )


def _sides(
    versions: Versions, change: Change
) -> tuple[tuple[FileFacts | None, Sequence[Span]], ...]:
    return (
        (versions.old.get(change.old_path or change.path), change.old),
        (versions.head.get(change.path), change.new),
    )


def _both(versions: Versions, change: Change) -> tuple[Shape, Shape]:
    before, now = (_shape(facts, spans) for facts, spans in _sides(versions, change))
    return before, now


def _shape(facts: FileFacts | None, spans: Sequence[Span]) -> Shape:
    """What the lines mention, which statements they are, and what these bind: all but literals and operators."""
    found: Shape = Counter()
    if facts is None or not spans:
        return found
    for statement in facts.statements:
        if any(statement.span.first in span for span in spans):
            found["", statement.word, *statement.binds] += 1
    for reference in facts.references:
        if (
            reference.kind not in _SAY_NOTHING
            and not _is_common(reference.chain)
            and any(reference.line in span for span in spans)
        ):
            found[reference.kind, reference.chain] += 1
    return found


def _is_common(chain: str) -> bool:
    """Whether it is a builtin, or the method of a builtin type: one is there as well as another."""
    head, _, last = chain.removesuffix("()").rpartition(".")
    return last in _METHODS if head else last in _BUILTINS


def _decides(facts: FileFacts | None, spans: Sequence[Span]) -> bool:
    """Whether the head of an ``if``, a loop or the like is among the lines: other code may run."""
    return facts is not None and any(
        statement.kind is StatementKind.COMPOUND
        and any(statement.span.first in s for s in spans)
        and not _is_calm_choice(facts, number)
        for number, statement in enumerate(facts.statements)
    )


def _is_calm_choice(facts: FileFacts, number: int) -> bool:
    """Whether it is an ``if`` with an ``else``, both of which bind the same names and can do nothing else."""
    asked = facts.statements[number]
    otherwise = [
        index
        for index, other in enumerate(facts.statements)
        if other.word == "else" and other.parent == number
    ]
    if asked.word != "if" or len(otherwise) != 1:
        return False
    decided = [
        each
        for index, each in enumerate(facts.statements)
        if each.parent in {number, *otherwise} and index not in otherwise
    ]
    bound = set(facts.statements[otherwise[0]].binds)
    return set(_names(decided, number)) == bound and all(
        _is_calm_statement(facts, each) for each in decided
    )


def _names(statements: Iterable[Statement], parent: int) -> Iterator[str]:
    return (name for each in statements if each.parent == parent for name in each.binds)


def _is_calm_statement(facts: FileFacts, statement: Statement) -> bool:
    if statement.kind is not StatementKind.DEF:
        return statement.calm
    return not any(
        reference.line in statement.span
        and reference.kind in {ReferenceKind.DECORATOR, ReferenceKind.DEFAULT}
        for reference in facts.references
    )


def fails_to_import(versions: Versions, change: Change) -> bool:
    """Whether a new import statement at the top level asks for something that is nowhere."""
    facts = versions.head.get(change.path)
    if facts is None or change.part is not Part.VALUE:
        return False
    return any(
        item.owner == 0
        and any(item.line in span for span in change.new)
        and not _in_try(facts, item.line)
        and not _is_importable(versions, item, facts.path)
        for item in facts.imports
    )


def _in_try(facts: FileFacts, line: int) -> bool:
    return any(
        statement.word.startswith("try") and line in statement.suite
        for statement in facts.statements
        if statement.kind is StatementKind.COMPOUND
    )


def _is_importable(versions: Versions, item: Import, importer: str) -> bool:
    path = versions.now.module_path(item.module, importer)
    if path is not None:
        other = versions.head.get(path)
        return (
            item.name in {"", "*"}
            or other is None
            or other.error is not None
            or versions.now.names.member(path, item.name) is not None
            or any(each.name == "*" for each in other.imports)
        )
    top = item.module.partition(".")[0]
    if versions.now.modules.is_namespace(item.module, importer) or top in sys.stdlib_module_names:
        return True
    if top in versions.installed:
        return True
    others: Iterable[str] = versions.before.files.mentioning(top)
    return any(_imports_top(versions.before.files.scope(other), top) for other in others)


def _imports_top(scope: object, top: str) -> bool:
    facts: FileFacts | None = getattr(scope, "facts", None)
    return facts is not None and any(
        item.owner == 0 and item.module.partition(".")[0] == top for item in facts.imports
    )


def is_particular(resolver: Resolver, class_id: str) -> bool:
    """Whether a class statement asks more of its bases than to be classes: parameters, or to fit together.

    Two bases do not fit when no order of all classes is consistent, or when both bring a metaclass or a layout; what a
    base outside the project brings is not known.
    """
    if any("[" in base for base in mentions(resolver, class_id, ReferenceKind.BASE)):
        return True
    bases = resolver.bases(class_id)
    if len(bases) < 2:
        return False
    brings = [
        base
        for base in bases
        if (has_processing_base(resolver, base) if "::" in base else not is_plain(base))
    ]
    return len(brings) > 1 or not resolver.hierarchy.fits(class_id)


def is_calm(resolver: Resolver, edge: Edge) -> bool:
    """Whether the statement at module or class level that mentions something cannot fail, whatever that is."""
    scope = resolver.files.scope(split(edge.source)[0])
    return scope is not None and any(
        statement.calm and edge.line in statement.span for statement in scope.facts.statements
    )


def may_fail_at(versions: Versions, resolver: Resolver, edge: Edge, reader: Definition) -> bool:
    """Whether the reader uses the value while its module is imported, in a way that can fail."""
    if edge.kind is ReferenceKind.BASE:
        return is_particular(versions.now, edge.source)
    if edge.kind in {ReferenceKind.STRING, ReferenceKind.PATCH}:
        return False
    if edge.kind not in HEADER_KINDS and reader.kind is DefinitionKind.FUNCTION:
        return False
    return not (is_calm(resolver, edge) or is_made_plainly(versions, edge))
