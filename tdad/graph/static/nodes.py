"""The nodes and links of the static graph: what happens to a definition in a test, and what makes it happen.

A definition has several nodes, because tests differ in what they do with it. A node is a string, one letter and a
name, so that the links of one file can be kept and joined with those of others:

====  =================================  =========================================================================
node  name                               means, for one test
====  =================================  =========================================================================
X     ``path::qualname``                 a function is executed, a variable is read
M     ``path::qualname``                 a function or class is in somebody's hands: the class may have instances
B     ``path::qualname``                 a class statement is executed, by itself or as that of a base
G     ``path::qualname``                 there may be instances of the class or of a subclass
L     ``path::Class.member``             an instance (or the class) whose attribute of that name is this member
A     ``name``                           the attribute is asked of something unknown
V     ``path::qualname``                 a variable is read while a module is imported: a value of it, no use of it
S     ``name``                           the name is written in a literal, and may become that of an attribute
H     ``path``                           the module is in somebody's hands, as a value
N     ``name``                           the attribute is asked of what may be a module
I     ``path``                           the module is imported
D     ``path``                           the file of the test itself imports the module
T     node id                            the test runs
====  =================================  =========================================================================
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import NamedTuple

from tdad.facts import ReferenceKind


@unique
class How(IntEnum):
    """Why the source of a link makes its target happen; ``WORDS`` and ``WEIGHTS`` have one entry for each."""

    SAME = 0
    """The same definition, in another role: no step of a chain."""
    READ = 1
    CALL = 2
    WRITE = 3
    IMPORT = 4
    BASE = 5
    DECORATOR = 6
    DEFAULT = 7
    FIXTURE = 8
    PATCH = 9
    STRING = 10
    INSIDE = 11
    REGISTERED = 12
    IMPLICIT = 13
    FOREIGN = 14
    FOUND = 15
    ATTRIBUTE = 16
    DEFINED = 17
    LOADED = 18
    NAMED = 19
    BESIDE = 20


WORDS = (
    "",
    "read by",
    "called by",
    "written by",
    "imported by",
    "base class of",
    "decorates",
    "default of",
    "fixture used by",
    "patched by",
    "named by",
    "inside",
    "registered with",
    "run implicitly by users of",
    "called by a foreign base of",
    "found by name in",
    "attribute of",
    "defined in",
    "imported by",
    "",
    "set up for",
)
"""How a chain puts it, from the change towards the test."""

WEIGHTS = (
    1.0,
    1.0,
    1.0,
    1.0,
    0.5,
    1.0,
    1.0,
    1.0,
    1.0,
    1.0,
    0.7,
    1.0,
    0.7,
    0.7,
    0.7,
    0.7,
    0.7,
    0.3,
    0.5,
    1.0,
    1.0,
)
"""How likely it is that the one makes the other happen; only the order of an answer depends on it."""

OF_KIND = {
    ReferenceKind.READ: How.READ,
    ReferenceKind.CALL: How.CALL,
    ReferenceKind.WRITE: How.WRITE,
    ReferenceKind.IMPORT: How.IMPORT,
    ReferenceKind.BASE: How.BASE,
    ReferenceKind.DECORATOR: How.DECORATOR,
    ReferenceKind.DEFAULT: How.DEFAULT,
    ReferenceKind.FIXTURE: How.FIXTURE,
    ReferenceKind.PATCH: How.PATCH,
    ReferenceKind.STRING: How.STRING,
}


class Link(NamedTuple):
    """What happens to ``source`` makes ``target`` happen, where ``guard`` (if any) happens in the same test."""

    source: str
    target: str
    how: How = How.SAME
    guard: str = ""


def loader(path: str) -> str:
    """Node: code below the same top folder as ``path`` imports modules by computed names."""
    top, _, rest = path.partition("/")
    if top in {"src", "lib"}:
        top = rest.partition("/")[0]
    return f"A!{top}"


def executed(definition: str) -> str:
    """Node: the function is executed, or the variable read."""
    return f"X{definition}"


def consulted(variable: str) -> str:
    """Node: the variable is read while a module is imported."""
    return f"V{variable}"


def mentioned(definition: str) -> str:
    """Node: the function or class is in somebody's hands."""
    return f"M{definition}"


def built(cls: str) -> str:
    """Node: the class statement is executed."""
    return f"B{cls}"


def instanced(cls: str) -> str:
    """Node: there may be instances of the class or a subclass."""
    return f"G{cls}"


def live(member: str) -> str:
    """Node: something in hand whose attribute of that name is this member."""
    return f"L{member}"


def asked(name: str) -> str:
    """Node: the attribute is asked of something unknown."""
    return f"A{name}"


def spelled(name: str) -> str:
    """Node: the name is written in a literal."""
    return f"S{name}"


def held(path: str) -> str:
    """Node: the module is in somebody's hands, as a value."""
    return f"H{path}"


def looked_up(name: str) -> str:
    """Node: the attribute is asked of what may be a module."""
    return f"N{name}"


def imported(path: str) -> str:
    """Node: the module is imported."""
    return f"I{path}"


def named(path: str) -> str:
    """Node: the file of the test itself imports the module."""
    return f"D{path}"


def run(node_id: str) -> str:
    """Node: the test runs."""
    return f"T{node_id}"


def definition_of(node: str) -> str:
    """The definition that a node is about; empty for attribute names, roles of members and tests."""
    if node[0] in "XMBGV":
        return node[1:]
    return f"{node[1:]}::" if node[0] in "ID" else ""
