"""The words that operations and scopes are described in."""

from __future__ import annotations

from enum import StrEnum, unique

RETURNED = 0
YIELDED = 1
SENT = 2
FIRST_PARAMETER = 3
UNKNOWN = -1


@unique
class ScopeKind(StrEnum):
    """What a scope is."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"


@unique
class ParameterKind(StrEnum):
    """How a parameter takes its arguments."""

    POSITIONAL = "positional"
    """Positional only."""
    NORMAL = "normal"
    KEYWORD = "keyword"
    """Keyword only."""
    STAR = "star"
    """``*args``"""
    DOUBLE_STAR = "double-star"
    """``**kwargs``"""


@unique
class Kind(StrEnum):
    """What a container is."""

    LIST = "list"
    TUPLE = "tuple"
    SET = "set"
    DICT = "dict"


@unique
class Passing(StrEnum):
    """How an argument is passed."""

    PLAIN = "plain"
    STAR = "star"
    DOUBLE_STAR = "double-star"
