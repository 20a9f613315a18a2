"""Questions about classes and decorators that the rules ask of a resolver."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from tdad.facts import DefinitionKind, FileFacts, ReferenceKind
from tdad.graph.impacts.world import find
from tdad.graph.resolve import Resolver

EXCEPTIONS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)
"""Names of the builtin exceptions."""
CLASS_HOOKS = ("__init_subclass__", "__set_name__", "__prepare__", "__class_getitem__")


PURE_DECORATORS = frozenset(
    {
        "property", "staticmethod", "classmethod", "cached_property", "functools.cached_property",
        "functools.wraps", "wraps", "functools.cache", "cache", "functools.lru_cache", "lru_cache",
        "functools.total_ordering", "total_ordering", "dataclass", "dataclasses.dataclass",
        "abstractmethod", "abc.abstractmethod", "contextmanager", "contextlib.contextmanager",
        "asynccontextmanager", "contextlib.asynccontextmanager", "overload", "typing.overload", "t.overload",
        "override", "typing.override", "final", "typing.final", "pytest.fixture", "fixture",
        "typing.runtime_checkable", "runtime_checkable", "enum.unique", "unique",
    }
)  # fmt: skip
"""Decorators that only make the decorated object: applying one has no effect anywhere else."""


def is_plain(base: str) -> bool:
    """Whether a base from elsewhere makes nothing of a class body and calls no method.

    ``object`` and exceptions do not, nor does ``typing.Generic``.
    """
    name = base.removeprefix("builtins.")
    return name in {"object", "typing.Generic"} or name in EXCEPTIONS


def is_pure(decorator: str) -> bool:
    """Whether a decorator, as written, is known to have no effect anywhere else."""
    name = decorator.removesuffix("()")
    return (
        name in PURE_DECORATORS
        or name.startswith("pytest.mark.")
        or name.endswith((".setter", ".getter", ".deleter"))
    )


def is_special(name: str) -> bool:
    """Whether the language looks the name up (``__slots__``, ``__hash__ = None``), so that nobody needs to write it."""
    return name.startswith("__") and name.endswith("__")


def split(definition: str) -> tuple[str, str]:
    """``path::qualname`` → path, qualname."""
    path, _, qualname = definition.partition("::")
    return path, qualname


def facts_of(resolver: Resolver, path: str) -> FileFacts | None:
    """Facts of the version that the resolver answers for."""
    scope = resolver.files.scope(path)
    return None if scope is None else scope.facts


def mentions(resolver: Resolver, definition: str, *kinds: ReferenceKind) -> Iterator[str]:
    """Chains of the references of that kind that the definition itself makes."""
    path, qualname = split(definition)
    facts = facts_of(resolver, path)
    if facts is None:
        return
    numbers = {i for i, found in enumerate(facts.definitions) if found.qualname == qualname}
    for reference in facts.references:
        if reference.source in numbers and reference.kind in kinds:
            yield reference.chain


def decorators(resolver: Resolver, definition: str) -> list[str]:
    """Decorators as written, in normal form."""
    return list(mentions(resolver, definition, ReferenceKind.DECORATOR))


def family(resolver: Resolver, class_id: str) -> set[str]:
    """The class, its bases in the project and its subclasses."""
    return {class_id, *resolver.mro(class_id), *resolver.subclasses(class_id)}


def has_unknown_base(resolver: Resolver, class_id: str) -> bool:
    """Whether some base is outside the project and may call methods of the class."""
    return any(
        "::" not in base and not is_plain(base)
        for cls in (class_id, *resolver.mro(class_id))
        if "::" in cls
        for base in resolver.bases(cls)
    )


def has_processing_base(resolver: Resolver, class_id: str) -> bool:
    """Whether a base or a metaclass may turn the class body into something else."""
    if has_unknown_base(resolver, class_id):
        return True
    for cls in resolver.mro(class_id):
        path, qualname = split(cls)
        facts = facts_of(resolver, path)
        if any(find(facts, f"{qualname}.{hook}") is not None for hook in CLASS_HOOKS):
            return True
        # A class statement calls its metaclass, which subclasses inherit, or the function that makes a base.
        if any(True for _ in mentions(resolver, cls, ReferenceKind.CALL)):
            return True
    return False


_ORDERLESS = ("TestCase", "ABC", "Protocol", "Generic", "Error", "Exception", "Mixin")
"""Endings of bases outside the project to which the order of attributes says nothing."""


def keeps_order(resolver: Resolver, class_id: str) -> bool:
    """Whether something may take the order of the attributes for something: what has fields or members."""
    if decorators(resolver, class_id):
        return True
    mro = resolver.mro(class_id)
    outside = {
        base for cls in mro if "::" in cls for base in resolver.bases(cls) if "::" not in base
    }
    if any(not is_plain(base) and not base.endswith(_ORDERLESS) for base in outside):
        return True
    return any(
        find(facts_of(resolver, split(cls)[0]), f"{split(cls)[1]}.{hook}") is not None
        or any(True for _ in mentions(resolver, cls, ReferenceKind.CALL))
        for cls in mro
        for hook in CLASS_HOOKS
    )


def annotations_are_read(resolver: Resolver, definition: str) -> bool:
    """Whether something may look at the annotations: a decorator, or a class that is made from them."""
    if any(not is_pure(chain) for chain in decorators(resolver, definition)):
        return True
    path, qualname = split(definition)
    facts = facts_of(resolver, path)
    found = find(facts, qualname)
    if facts is None or found is None:
        return True
    owner = facts.definitions[found.parent]
    if owner.kind is DefinitionKind.CLASS and found.kind is DefinitionKind.VARIABLE:
        owner_id = f"{path}::{owner.qualname}"
        return bool(decorators(resolver, owner_id)) or has_processing_base(resolver, owner_id)
    return False
