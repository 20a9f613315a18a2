"""What is known of functions outside the project by their names alone."""

from __future__ import annotations

IDENTITY = "identity"
"""An external callable that gives back what it is given: a decorator with arguments."""


TRANSPARENT = frozenset(
    [
        "functools.lru_cache",
        "functools.cache",
        "functools.total_ordering",
        "functools.singledispatch",
        "functools.singledispatchmethod",
        "contextlib.contextmanager",
        "contextlib.asynccontextmanager",
        "abc.abstractmethod",
        "typing.overload",
        "typing.final",
        "typing.runtime_checkable",
        "typing.no_type_check",
        "types.coroutine",
        "copy.copy",
        "copy.deepcopy",
        "builtins.memoryview",
        "builtins.super.__new__",
        "typing.NewType",
        "types.MappingProxyType",
        "weakref.proxy",
        "contextlib.closing",
        "asyncio.ensure_future",
        "asyncio.create_task",
        "asyncio.shield",
        "asyncio.wait_for",
        "inspect.unwrap",
    ]
)


DECORATOR_FACTORIES = frozenset(
    [
        "functools.lru_cache",
        "functools.wraps",
        "functools.update_wrapper",
        "dataclasses.dataclass",
        "typing.deprecated",
        "warnings.deprecated",
        "enum.unique",
    ]
)


SILENT = frozenset(
    [
        "builtins.isinstance",
        "builtins.issubclass",
        "builtins.id",
        "builtins.callable",
        "builtins.hasattr",
        "builtins.print",
        "builtins.type",
        "builtins.object",
        "builtins.locals",
        "builtins.delattr",
        "inspect.signature",
        "inspect.getsource",
        "inspect.isfunction",
        "inspect.ismethod",
        "inspect.isclass",
        "inspect.iscoroutinefunction",
        "inspect.getdoc",
        "typing.cast",
        "typing.get_type_hints",
        "asyncio.iscoroutinefunction",
        "builtins.ValueError",
        "builtins.TypeError",
        "builtins.KeyError",
        "builtins.Exception",
        "pickle.dumps",
    ]
)


IMPLICIT = {
    "builtins.str": ("__str__", "__repr__"),
    "builtins.print": ("__str__", "__repr__"),
    "builtins.repr": ("__repr__",),
    "builtins.ascii": ("__repr__",),
    "builtins.len": ("__len__",),
    "builtins.bool": ("__bool__", "__len__"),
    "builtins.int": ("__int__", "__index__"),
    "builtins.float": ("__float__", "__index__"),
    "builtins.complex": ("__complex__", "__float__"),
    "builtins.bytes": ("__bytes__", "__iter__"),
    "builtins.hash": ("__hash__",),
    "builtins.abs": ("__abs__",),
    "builtins.round": ("__round__",),
    "builtins.divmod": ("__divmod__",),
    "builtins.format": ("__format__", "__str__", "__repr__"),
    "builtins.dir": ("__dir__",),
    "builtins.hex": ("__index__",),
    "builtins.bin": ("__index__",),
    "builtins.oct": ("__index__",),
    "builtins.pow": ("__pow__",),
    "math.floor": ("__floor__",),
    "math.ceil": ("__ceil__",),
    "math.trunc": ("__trunc__",),
    "operator.index": ("__index__",),
    "os.fspath": ("__fspath__",),
    "copy.copy": ("__copy__",),
    "copy.deepcopy": ("__deepcopy__",),
}
