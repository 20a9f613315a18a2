"""What the builtins and the standard library do with the project objects that they are given.

One small function per builtin and a table of them; it is long because the language has that many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tdad.facts_flow import UNKNOWN, Kind, Passing
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import (
    Class,
    Constant,
    Container,
    External,
    Field,
    Instance,
    Module,
    Namespace,
    Partial,
    Property,
    SuperView,
    Wrapped,
)

if TYPE_CHECKING:
    from tdad.graph.calls.externals import Externals

Model = Callable[["Externals", At, Sequence[Passed], int], None]

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
_COPIES = {
    "builtins.list": Kind.LIST,
    "builtins.tuple": Kind.TUPLE,
    "builtins.set": Kind.SET,
    "builtins.frozenset": Kind.SET,
    "builtins.sorted": Kind.LIST,
    "builtins.reversed": Kind.LIST,
    "collections.deque": Kind.LIST,
    "itertools.chain": Kind.LIST,
    "itertools.cycle": Kind.LIST,
    "itertools.islice": Kind.LIST,
}
_DICTS = frozenset({"builtins.dict", "collections.OrderedDict", "collections.defaultdict"})
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
HIGHER = {
    "builtins.map": 1,
    "builtins.filter": 1,
    "itertools.filterfalse": 1,
    "itertools.takewhile": 1,
    "itertools.dropwhile": 1,
    "itertools.starmap": 1,
    "itertools.accumulate": 0,
    "itertools.groupby": 0,
}


def elements_of(state: Externals, at: At, node: int) -> int:
    """What iterating over ``node`` gives, as a node."""
    target = state.engine.node()
    state.each(node, lambda item: state.iterate(at, item, target))
    return target


def argument_at(passed: Sequence[Passed], position: int) -> int:
    """Node of the positional argument at ``position``; unknown if there is none."""
    positional = [argument for argument in passed if not argument.keyword]
    if position < len(positional) and positional[position].passing is Passing.PLAIN:
        return positional[position].node
    return UNKNOWN


def argument_named(passed: Sequence[Passed], *names: str) -> int:
    """Node of the argument passed by one of ``names``; unknown if there is none."""
    return next((argument.node for argument in passed if argument.keyword in names), UNKNOWN)


def apply(state: Externals, at: At, function: int, nodes: Sequence[int], target: int) -> None:
    """Call ``function`` with ``nodes``; ``target`` takes what it gives."""
    passed = tuple(Passed(node) for node in nodes)
    state.each(function, lambda item: state.call(at, item, passed, target))


def _map(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    nodes = [elements_of(state, at, argument.node) for argument in passed[1:]]
    apply(state, at, argument_at(passed, 0), nodes, state.item(result, None))
    state.engine.add(target, result)


def _starmap(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    rows = elements_of(state, at, argument_at(passed, 1))
    spread = (Passed(rows, Passing.STAR),)
    state.each(
        argument_at(passed, 0), lambda item: state.call(at, item, spread, state.item(result, None))
    )
    state.engine.add(target, result)


def _filter(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    elements = elements_of(state, at, argument_at(passed, 1))
    apply(state, at, argument_at(passed, 0), [elements], UNKNOWN)
    state.flow(elements, state.item(result, None))
    state.engine.add(target, result)


def _reduce(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    both = state.engine.node()
    elements = elements_of(state, at, argument_at(passed, 1))
    state.flow(elements, both)
    state.flow(argument_at(passed, 2), both)
    apply(state, at, argument_at(passed, 0), [both, elements], both)
    state.flow(both, target)


def _accumulate(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    elements = elements_of(state, at, argument_at(passed, 0))
    slot = state.item(result, None)
    state.flow(elements, slot)
    function = argument_at(passed, 1)
    if function == UNKNOWN:
        function = argument_named(passed, "func")
    apply(state, at, function, [slot, elements], slot)
    state.engine.add(target, result)


def _copy(kind: Kind) -> Model:
    def model(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
        result = state.container(kind, at)
        for argument in passed:
            if argument.keyword == "key":
                elements = elements_of(state, at, argument_at(passed, 0))
                apply(state, at, argument.node, [elements], UNKNOWN)
            elif not argument.keyword:
                state.each(argument.node, lambda item: state.copy_into(at, item, result, kind))
        state.engine.add(target, result)

    return model


def _sorted(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    elements = elements_of(state, at, argument_at(passed, 0))
    state.flow(elements, state.item(result, None))
    key = argument_named(passed, "key")
    apply(state, at, key, [elements], UNKNOWN)
    if key == UNKNOWN:
        right = elements
        state.each(elements, lambda item: state.binary(at, item, right, ("__lt__",), UNKNOWN))
    state.engine.add(target, result)


def _reversed(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)

    def reverse(item: int) -> None:
        if not state.call_method(at, item, "__reversed__", (), target):
            state.iterate(at, item, state.item(result, None))

    state.each(argument_at(passed, 0), reverse)
    state.engine.add(target, result)


def _extreme(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    plain = [argument for argument in passed if not argument.keyword]
    if len(plain) == 1:
        elements = elements_of(state, at, plain[0].node)
    else:
        elements = state.engine.node()
        for argument in plain:
            state.flow(argument.node, elements)
    key = argument_named(passed, "key")
    apply(state, at, key, [elements], UNKNOWN)
    if key == UNKNOWN:
        state.each(elements, lambda item: state.binary(at, item, elements, ("__gt__",), UNKNOWN))
    state.flow(elements, target)
    state.flow(argument_named(passed, "default"), target)


def _sum(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    elements = elements_of(state, at, argument_at(passed, 0))
    both = state.engine.node()
    state.flow(elements, both)
    state.each(elements, lambda item: state.reflect(at, UNKNOWN, item, (), "__radd__", both))
    start = argument_at(passed, 1)
    state.flow(start, both)
    state.each(both, lambda item: state.binary(at, item, elements, ("__add__",), both))
    state.flow(both, target)


def _any(state: Externals, at: At, passed: Sequence[Passed], _target: int) -> None:
    elements = elements_of(state, at, argument_at(passed, 0))
    state.each(
        elements,
        lambda item: state.implicit(at, item, ("__bool__", "__len__"), (), UNKNOWN),
    )


def _dict(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.DICT, at)
    for argument in passed:
        if argument.keyword:
            state.flow(argument.node, state.item(result, argument.keyword))
        else:
            state.each(argument.node, lambda item: state.update(at, result, item))
    state.engine.add(target, result)


def _defaultdict(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.DICT, at)
    apply(state, at, argument_at(passed, 0), [], state.item(result, None))
    for argument in passed[1:]:
        state.each(argument.node, lambda item: state.update(at, result, item))
    state.engine.add(target, result)


def _fromkeys(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.DICT, at)
    keys = elements_of(state, at, argument_at(passed, 0))
    state.store_item(at, result, keys, argument_at(passed, 1))
    state.engine.add(target, result)


def _zip(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    row = state.number(Container(Kind.TUPLE, at.site, at.frame, len(passed), result))
    for position, argument in enumerate(passed):
        state.flow(elements_of(state, at, argument.node), state.item(row, position))
    state.engine.add(state.item(result, None), row)
    state.engine.add(target, result)


def _enumerate(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    _zip(state, at, (Passed(UNKNOWN), *passed[:1]), target)


def _iter(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    if len(passed) == 2:
        result = state.container(Kind.LIST, at)
        apply(state, at, passed[0].node, [], state.item(result, None))
        state.engine.add(target, result)
        return

    def one(item: int) -> None:
        if not state.call_method(at, item, "__iter__", (), target):
            if isinstance(state.values[item], Container):
                result = state.container(Kind.LIST, at)
                state.iterate(at, item, state.item(result, None))
                state.engine.add(target, result)
            else:
                state.engine.add(target, item)

    state.each(argument_at(passed, 0), one)


def _next(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    state.each(argument_at(passed, 0), lambda item: _drop(state.advance(at, item, target)))
    state.flow(argument_at(passed, 1), target)


def _drop(_result: object) -> None:
    return


def _getattr(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    def named(name: int) -> None:
        state.each(argument_at(passed, 0), lambda owner: state.load_named(at, owner, name, target))

    state.each(argument_at(passed, 1), named)
    state.flow(argument_at(passed, 2), target)


def _setattr(state: Externals, at: At, passed: Sequence[Passed], _target: int) -> None:
    def named(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Constant) and isinstance(value.value, str):
            text = value.value
            source = argument_at(passed, 2)
            state.each(argument_at(passed, 0), lambda owner: state.store(at, owner, text, source))

    state.each(argument_at(passed, 1), named)


def _super(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    def one(cls: int) -> None:
        if isinstance(state.values[cls], Class):
            state.each(
                argument_at(passed, 1), lambda item: state.give(target, SuperView(cls, item))
            )

    state.each(argument_at(passed, 0), one)


def _type(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    def one(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Instance):
            state.engine.add(target, value.cls)

    if len(passed) == 1:
        state.each(argument_at(passed, 0), one)


def _type_call(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    """``super().__call__(…)`` in a metaclass: the receiver comes first."""
    rest = passed[1:]
    state.each(argument_at(passed, 0), lambda cls: _construct(state, at, cls, rest, target))


def _construct(state: Externals, at: At, cls: int, passed: Sequence[Passed], target: int) -> None:
    if isinstance(state.values[cls], Class):
        state.when_known(cls, lambda: state.construct(at, cls, passed, target))


def _new(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(cls: int) -> None:
        if isinstance(state.values[cls], Class):
            state.engine.add(target, state.instance(cls, at))

    state.each(argument_at(passed, 0), one)


def _wrapped(state: Externals, how: str, item: int) -> Wrapped:
    value = state.values[item]
    return Wrapped(how, value.function if isinstance(value, Wrapped) else item)


def _wrap(how: str) -> Model:
    def model(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
        state.each(
            argument_at(passed, 0), lambda item: state.give(target, _wrapped(state, how, item))
        )

    return model


def _property(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    def with_getter(getter: int) -> None:
        state.give(target, Property(getter))
        setter = (
            argument_at(passed, 1)
            if argument_at(passed, 1) != UNKNOWN
            else argument_named(passed, "fset")
        )
        state.each(setter, lambda item: state.give(target, Property(getter, item)))

    getter = (
        argument_at(passed, 0)
        if argument_at(passed, 0) != UNKNOWN
        else argument_named(passed, "fget")
    )
    state.each(getter, with_getter)


def _partial(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(function: int) -> None:
        inner = state.values[function]
        if isinstance(inner, Partial) and (inner.site, inner.frame) == (at.site, at.frame):
            return  # a loop adds arguments to its own result
        number = state.number(Partial(function, at.site, at.frame))
        state.partials[number] = tuple(passed[1:])
        state.engine.add(target, number)

    state.each(argument_at(passed, 0), one)


def _import_module(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Constant) and isinstance(value.value, str):
            package = ""
            if value.value.startswith("."):
                package = next(
                    iter(state.text_of(argument_at(passed, 1))), state.package_of(at.frame)
                )
            state.import_module(absolute(value.value, package), at.frame, target)

    state.each(argument_at(passed, 0), one)


def absolute(name: str, package: str) -> str:
    """``..a`` seen from ``package``."""
    bare = name.lstrip(".")
    dots = len(name) - len(bare)
    if not dots:
        return name
    parts = package.split(".")
    kept = parts[: len(parts) - (dots - 1)]
    return ".".join([*kept, bare] if bare else kept)


def _globals(state: Externals, at: At, _passed: Sequence[Passed], target: int) -> None:
    state.give(target, Namespace(state.number(Module(state.module_of(at.frame)))))


def _vars(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    state.each(argument_at(passed, 0), lambda item: state.give(target, Namespace(item)))


def _run(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    for argument in passed:
        state.each(argument.node, lambda item: state.wait(at, item, target))


def _wait(state: Externals, at: At, target: int, item: int) -> None:
    state.wait(at, item, target)


def _gather(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at, len(passed))
    for position, argument in enumerate(passed):
        node = argument.node
        if argument.passing is Passing.STAR:
            node = elements_of(state, at, node)
        slot = state.item(result, position if argument.passing is Passing.PLAIN else None)
        state.each(node, partial(_wait, state, at, slot))
    state.engine.add(target, result)


def _dataclass(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    def one(item: int) -> None:
        info = state.classes.get(item)
        if info is not None:
            info.synthetic = "dataclass"
        state.engine.add(target, item)

    state.each(argument_at(passed, 0), one)
    if argument_at(passed, 0) == UNKNOWN:
        state.give(target, External("dataclasses.dataclass"))


def _field(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    state.give(
        target,
        Field(
            argument_named(passed, "default"), argument_named(passed, "default_factory", "factory")
        ),
    )


def _wraps(state: Externals, _at: At, _passed: Sequence[Passed], target: int) -> None:
    state.give(target, External(IDENTITY))


def _first(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    state.flow(argument_at(passed, 0), target)


def _thread(state: Externals, at: At, passed: Sequence[Passed], _target: int) -> None:
    function = argument_named(passed, "target", "function")
    if function == UNKNOWN:
        function = argument_at(passed, 1)
    arguments = argument_named(passed, "args")
    spread = (Passed(arguments, Passing.STAR),) if arguments != UNKNOWN else ()
    state.each(function, lambda item: state.call(at, item, spread, UNKNOWN))


def _submit(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    rest = tuple(passed[1:])
    state.each(argument_at(passed, 0), lambda item: state.call(at, item, rest, target))


def _operator(method: str) -> Model:
    def model(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
        right = argument_at(passed, 1)
        state.each(
            argument_at(passed, 0), lambda item: state.binary(at, item, right, (method,), target)
        )

    return model


MODELS: dict[str, Model] = {
    "builtins.map": _map,
    "builtins.filter": _filter,
    "itertools.filterfalse": _filter,
    "itertools.takewhile": _filter,
    "itertools.dropwhile": _filter,
    "itertools.starmap": _starmap,
    "itertools.accumulate": _accumulate,
    "functools.reduce": _reduce,
    "builtins.sorted": _sorted,
    "builtins.reversed": _reversed,
    "builtins.max": _extreme,
    "builtins.min": _extreme,
    "builtins.sum": _sum,
    "builtins.any": _any,
    "builtins.all": _any,
    "builtins.dict": _dict,
    "collections.OrderedDict": _dict,
    "collections.defaultdict": _defaultdict,
    "builtins.dict.fromkeys": _fromkeys,
    "builtins.zip": _zip,
    "itertools.zip_longest": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.iter": _iter,
    "builtins.aiter": _iter,
    "builtins.next": _next,
    "builtins.anext": _next,
    "builtins.getattr": _getattr,
    "builtins.setattr": _setattr,
    "builtins.super": _super,
    "builtins.type": _type,
    "builtins.type.__call__": _type_call,
    "builtins.object.__new__": _new,
    "builtins.staticmethod": _wrap("staticmethod"),
    "builtins.classmethod": _wrap("classmethod"),
    "abc.abstractclassmethod": _wrap("classmethod"),
    "abc.abstractstaticmethod": _wrap("staticmethod"),
    "builtins.property": _property,
    "functools.cached_property": _property,
    "abc.abstractproperty": _property,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "importlib.import_module": _import_module,
    "builtins.__import__": _import_module,
    "builtins.globals": _globals,
    "builtins.vars": _vars,
    "asyncio.run": _run,
    "asyncio.gather": _gather,
    "dataclasses.dataclass": _dataclass,
    "dataclasses.field": _field,
    "functools.wraps": _wraps,
    "functools.update_wrapper": _first,
    "typing.cast": lambda state, _at, passed, target: state.flow(argument_at(passed, 1), target),
    "threading.Thread": _thread,
    "threading.Timer": _thread,
    "multiprocessing.Process": _thread,
    "operator.add": _operator("__add__"),
    "operator.mul": _operator("__mul__"),
    "operator.eq": _operator("__eq__"),
    "operator.lt": _operator("__lt__"),
    **{
        name: _copy(kind)
        for name, kind in _COPIES.items()
        if name not in {"builtins.sorted", "builtins.reversed"}
    },
}
