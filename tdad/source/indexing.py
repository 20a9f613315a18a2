"""``index``: bytes of one file → its facts. Never raises for what is in the bytes."""

from __future__ import annotations

import warnings

import libcst as cst

from tdad.facts import (
    AND_MORE,
    Binding,
    BindingKind,
    Definition,
    DefinitionKind,
    FileFacts,
    Reference,
    Span,
    Statement,
)
from tdad.source.decode import SourceError, decode
from tdad.source.digests import digest
from tdad.source.fingerprint import hash_tokens
from tdad.source.pytest_facts import define_made_fixtures
from tdad.source.scopes import define_globals
from tdad.source.spans import MismatchError, fallback_tree, parse
from tdad.source.state import State
from tdad.source.walk import suite

LONGEST = 1_500_000
"""Bytes of the longest file that is parsed: each costs up to two thousand of memory, as of a table written as code."""


def index(path: str, data: bytes, module: str = "") -> FileFacts:
    """Return the facts of one version of one Python file.

    Args:
        path: POSIX, relative to the project root.
        data: the bytes of the file.
        module: dotted name it is imported by; by default made from the path.
    """
    module = module or module_name(path)
    key = digest(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are the project's affair
            return _index(path, key, module, decode(_readable(data)))
    except SourceError as problem:
        reason = str(problem)
    except (RecursionError, MemoryError):
        reason = "line 1: nested too deeply to be read"
    except (KeyError, AttributeError) as problem:  # a node that this libcst has and we do not know
        reason = f"line 1: unknown syntax: {problem}"
    lines = data.count(b"\n") + 1
    whole = Definition("", DefinitionKind.MODULE, Span(1, lines), Span(1, lines), "", "", "", 0)
    return FileFacts(path, key, module, definitions=(whole,), error=reason)


def _readable(data: bytes) -> bytes:
    if len(data) > LONGEST:
        raise SourceError(f"too large to be read ({len(data):,} bytes)", 1)
    return data


def module_name(path: str) -> str:
    """Return the dotted name that a path suggests when nothing is known about packages."""
    name = path.removesuffix(".py").removesuffix(".pyi").replace("/", ".")
    return name.removesuffix(".__init__") if name != "__init__" else ""


def _index(path: str, key: str, module: str, text: str) -> FileFacts:
    concrete, abstract = parse(text)
    lines = text.count("\n") + (not text.endswith("\n"))
    if abstract is not None:
        try:
            return _facts(_walk(path, module, concrete, abstract, lines), key)
        except MismatchError:
            pass
    concrete, abstract = fallback_tree(concrete)
    try:
        return _facts(_walk(path, module, concrete, abstract, lines), key)
    except MismatchError as problem:
        raise SourceError("the parsers disagree about its statements", 1) from problem


def _walk(path: str, module: str, concrete: cst.Module, abstract: object, lines: int) -> State:
    is_package = path.rpartition("/")[2] in ("__init__.py", "__init__.pyi")
    state = State(path, module, is_package=is_package)
    root = state.definitions[0]
    root.last = max(lines, 1)
    root.body = (1, root.last)
    suite(state, concrete, abstract.body, -1, docstring_of=0)  # type: ignore[attr-defined]  # either parser's tree
    define_globals(state)
    define_made_fixtures(state)
    root.own_hash = hash_tokens(root.own)
    root.full_hash = hash_tokens([root.own_hash, *root.nested])
    return state


def _facts(state: State, key: str) -> FileFacts:
    statements = state.statements
    for raw in statements:  # a parent comes before its children
        names, parent = raw.binds, raw.parent
        while names and parent >= 0:
            outer = statements[parent].binds
            outer += [name for name in names if name not in outer]
            parent = statements[parent].parent
    return FileFacts(
        state.path,
        key,
        state.module,
        definitions=_definitions(state),
        statements=tuple(
            [
                Statement(
                    raw.owner,
                    raw.kind,
                    Span(raw.first, raw.last),
                    Span(raw.first, raw.suite),
                    raw.fingerprint,
                    raw.parent,
                    tuple(raw.binds),
                    raw.calm,
                )
                for raw in statements
            ]
        ),
        references=tuple([Reference(*ref) for ref in dict.fromkeys(state.module_scope.refs)]),
        imports=tuple(state.imports),
        bindings=_bindings(state),
        fixtures=tuple(state.fixtures),
        exports=_exports(state),
        plugins=tuple(state.plugins),
    )


def _exports(state: State) -> tuple[str, ...] | None:
    """Return the literal ``__all__``, open where a function of the module puts names into it, as decorators do."""
    if state.exports is None:
        return None
    inside = any(
        chain.startswith("__all__.") and state.definitions[source].kind is DefinitionKind.FUNCTION
        for source, _line, _kind, chain in state.module_scope.refs
    )
    return (*state.exports, *([AND_MORE] if inside else []))


def _definitions(state: State) -> tuple[Definition, ...]:
    found = []
    for raw in state.definitions:
        if raw.kind is DefinitionKind.VARIABLE:
            if (raw.parent, raw.qualname.rpartition(".")[2]) in state.memoised:
                raw.flags.add("cached")
            raw.own_hash = raw.full_hash = hash_tokens(raw.own)
        found.append(
            Definition(
                raw.qualname,
                raw.kind,
                Span(raw.first, raw.last),
                None if raw.body is None else Span(*raw.body),
                raw.full_hash,
                raw.own_hash,
                raw.docstring,
                raw.parent,
                tuple(sorted(raw.flags)),
            )
        )
    return tuple(found)


def _bindings(state: State) -> tuple[Binding, ...]:
    """Return the bindings; ``?`` only where a name would else look fully known, or is a parameter."""
    known = {_bound(binding) for binding in state.bindings if binding.chain != "?"}
    return tuple(
        [
            binding
            for binding in state.bindings
            if binding.chain != "?" or _is_parameter(state, binding) or _bound(binding) in known
        ]
    )


def _is_parameter(state: State, binding: Binding) -> bool:
    owner = state.definitions[binding.owner]
    return binding.kind is BindingKind.ANNOTATION and owner.kind is DefinitionKind.FUNCTION


def _bound(binding: Binding) -> tuple[int, str]:
    """Return what a binding is about; attributes of ``self`` are shared by all methods, so they count per file."""
    return (-1 if binding.target[:5] == "self." else binding.owner, binding.target)
