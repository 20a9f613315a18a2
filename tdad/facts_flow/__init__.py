"""The flow facts of one file: what its code does with values, as a list of operations per scope.

A *scope* is one code object: a module, a class body, a function or a lambda (comprehensions belong to the scope around
them). Values live in numbered *slots* of their scope; an operation reads slots and writes others. Names have already
been versioned: a straight-line reassignment of a local name writes a new slot, and joins are copies into one slot.
What other scopes can see of a name is its *cell*.

Slots 0, 1 and 2 of every scope are what it returns, what it yields and what is sent to it; its parameters follow.
A slot of -1 is a value that nothing is known about.
"""

from __future__ import annotations

from tdad.facts_flow.operations import (
    Affixes,
    Annotate,
    Argument,
    Binary,
    Call,
    Catch,
    Copy,
    Delegate,
    Enter,
    Implicit,
    Import,
    ImportFrom,
    ImportStar,
    Iterate,
    Literal,
    LoadAttribute,
    LoadItem,
    LoadName,
    LoadSlice,
    MakeClass,
    MakeContainer,
    MakeFunction,
    Operation,
    Raise,
    StoreAttribute,
    StoreItem,
    StoreName,
    Super,
    Unpack,
)
from tdad.facts_flow.scopes import (
    FlowFacts,
    Parameter,
    Scope,
)
from tdad.facts_flow.words import (
    FIRST_PARAMETER,
    RETURNED,
    SENT,
    UNKNOWN,
    YIELDED,
    Kind,
    ParameterKind,
    Passing,
    ScopeKind,
)

__all__ = [
    "FIRST_PARAMETER",
    "RETURNED",
    "SENT",
    "UNKNOWN",
    "YIELDED",
    "Affixes",
    "Annotate",
    "Argument",
    "Binary",
    "Call",
    "Catch",
    "Copy",
    "Delegate",
    "Enter",
    "FlowFacts",
    "Implicit",
    "Import",
    "ImportFrom",
    "ImportStar",
    "Iterate",
    "Kind",
    "Literal",
    "LoadAttribute",
    "LoadItem",
    "LoadName",
    "LoadSlice",
    "MakeClass",
    "MakeContainer",
    "MakeFunction",
    "Operation",
    "Parameter",
    "ParameterKind",
    "Passing",
    "Raise",
    "Scope",
    "ScopeKind",
    "StoreAttribute",
    "StoreItem",
    "StoreName",
    "Super",
    "Unpack",
]
