"""What the builtins and the standard library do with the project objects that they are given."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence

from tdad.facts_flow import RETURNED, SENT, UNKNOWN, Kind, Passing
from tdad.graph.calls.dispatch import Dispatch
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import (
    Class,
    Constant,
    Container,
    Coroutine,
    External,
    Field,
    Function,
    Generator,
    Instance,
    Method,
    Module,
    Namespace,
    Partial,
    Property,
    SuperView,
    Wrapped,
)

Model = Callable[["Externals", At, Sequence[Passed], int], None]

IDENTITY = "identity"
"""An external callable that gives back what it is given: a decorator with arguments."""

_TRANSPARENT = frozenset(
    """functools.lru_cache functools.cache functools.total_ordering functools.singledispatch
    functools.singledispatchmethod contextlib.contextmanager contextlib.asynccontextmanager
    abc.abstractmethod typing.overload typing.final typing.runtime_checkable typing.no_type_check
    types.coroutine copy.copy copy.deepcopy builtins.memoryview builtins.super.__new__
    typing.NewType types.MappingProxyType weakref.proxy contextlib.closing asyncio.ensure_future
    asyncio.create_task asyncio.shield asyncio.wait_for inspect.unwrap""".split()
)
_DECORATOR_FACTORIES = frozenset(
    """functools.lru_cache functools.wraps functools.update_wrapper dataclasses.dataclass
    typing.deprecated warnings.deprecated enum.unique""".split()
)
_SILENT = frozenset(
    """builtins.isinstance builtins.issubclass builtins.id builtins.callable builtins.hasattr
    builtins.print builtins.type builtins.object builtins.locals builtins.delattr
    inspect.signature inspect.getsource inspect.isfunction inspect.ismethod inspect.isclass
    inspect.iscoroutinefunction inspect.getdoc typing.cast typing.get_type_hints
    asyncio.iscoroutinefunction builtins.ValueError builtins.TypeError
    builtins.KeyError builtins.Exception pickle.dumps""".split()
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
_IMPLICIT = {
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
_HIGHER = {
    "builtins.map": 1,
    "builtins.filter": 1,
    "itertools.filterfalse": 1,
    "itertools.takewhile": 1,
    "itertools.dropwhile": 1,
    "itertools.starmap": 1,
    "itertools.accumulate": 0,
    "itertools.groupby": 0,
}


def _elements(state: Externals, at: At, node: int) -> int:
    target = state.engine.node()
    state.each(node, lambda item: state.iterate(at, item, target))
    return target


def _plain(passed: Sequence[Passed], position: int) -> int:
    positional = [argument for argument in passed if not argument.keyword]
    if position < len(positional) and positional[position].passing is Passing.PLAIN:
        return positional[position].node
    return UNKNOWN


def _keyword(passed: Sequence[Passed], *names: str) -> int:
    return next((argument.node for argument in passed if argument.keyword in names), UNKNOWN)


def _apply(state: Externals, at: At, function: int, nodes: Sequence[int], target: int) -> None:
    passed = tuple(Passed(node) for node in nodes)
    state.each(function, lambda item: state.call(at, item, passed, target))


def _map(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    nodes = [_elements(state, at, argument.node) for argument in passed[1:]]
    _apply(state, at, _plain(passed, 0), nodes, state.item(result, None))
    state.engine.add(target, result)


def _starmap(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    rows = _elements(state, at, _plain(passed, 1))
    spread = (Passed(rows, Passing.STAR),)
    state.each(
        _plain(passed, 0), lambda item: state.call(at, item, spread, state.item(result, None))
    )
    state.engine.add(target, result)


def _filter(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    elements = _elements(state, at, _plain(passed, 1))
    _apply(state, at, _plain(passed, 0), [elements], UNKNOWN)
    state.flow(elements, state.item(result, None))
    state.engine.add(target, result)


def _reduce(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    both = state.engine.node()
    elements = _elements(state, at, _plain(passed, 1))
    state.flow(elements, both)
    state.flow(_plain(passed, 2), both)
    _apply(state, at, _plain(passed, 0), [both, elements], both)
    state.flow(both, target)


def _accumulate(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    elements = _elements(state, at, _plain(passed, 0))
    slot = state.item(result, None)
    state.flow(elements, slot)
    function = _plain(passed, 1)
    if function == UNKNOWN:
        function = _keyword(passed, "func")
    _apply(state, at, function, [slot, elements], slot)
    state.engine.add(target, result)


def _copy(kind: Kind) -> Model:
    def model(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
        result = state.container(kind, at)
        for argument in passed:
            if argument.keyword == "key":
                elements = _elements(state, at, _plain(passed, 0))
                _apply(state, at, argument.node, [elements], UNKNOWN)
            elif not argument.keyword:
                state.each(argument.node, lambda item: state.copy_into(at, item, result, kind))
        state.engine.add(target, result)

    return model


def _sorted(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    elements = _elements(state, at, _plain(passed, 0))
    state.flow(elements, state.item(result, None))
    key = _keyword(passed, "key")
    _apply(state, at, key, [elements], UNKNOWN)
    if key == UNKNOWN:
        right = elements
        state.each(elements, lambda item: state.binary(at, item, right, ("__lt__",), UNKNOWN))
    state.engine.add(target, result)


def _reversed(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)

    def reverse(item: int) -> None:
        if not state.call_method(at, item, "__reversed__", (), target):
            state.iterate(at, item, state.item(result, None))

    state.each(_plain(passed, 0), reverse)
    state.engine.add(target, result)


def _extreme(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    plain = [argument for argument in passed if not argument.keyword]
    if len(plain) == 1:
        elements = _elements(state, at, plain[0].node)
    else:
        elements = state.engine.node()
        for argument in plain:
            state.flow(argument.node, elements)
    key = _keyword(passed, "key")
    _apply(state, at, key, [elements], UNKNOWN)
    if key == UNKNOWN:
        state.each(elements, lambda item: state.binary(at, item, elements, ("__gt__",), UNKNOWN))
    state.flow(elements, target)
    state.flow(_keyword(passed, "default"), target)


def _sum(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    elements = _elements(state, at, _plain(passed, 0))
    both = state.engine.node()
    state.flow(elements, both)
    state.each(elements, lambda item: state.reflect(at, UNKNOWN, item, (), "__radd__", both))
    start = _plain(passed, 1)
    state.flow(start, both)
    state.each(both, lambda item: state.binary(at, item, elements, ("__add__",), both))
    state.flow(both, target)


def _any(state: Externals, at: At, passed: Sequence[Passed], _target: int) -> None:
    elements = _elements(state, at, _plain(passed, 0))
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
    _apply(state, at, _plain(passed, 0), [], state.item(result, None))
    for argument in passed[1:]:
        state.each(argument.node, lambda item: state.update(at, result, item))
    state.engine.add(target, result)


def _fromkeys(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.DICT, at)
    keys = _elements(state, at, _plain(passed, 0))
    state.store_item(at, result, keys, _plain(passed, 1))
    state.engine.add(target, result)


def _zip(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    row = state.number(Container(Kind.TUPLE, at.site, at.frame, len(passed), result))
    for position, argument in enumerate(passed):
        state.flow(_elements(state, at, argument.node), state.item(row, position))
    state.engine.add(state.item(result, None), row)
    state.engine.add(target, result)


def _enumerate(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    _zip(state, at, (Passed(UNKNOWN), *passed[:1]), target)


def _iter(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    if len(passed) == 2:
        result = state.container(Kind.LIST, at)
        _apply(state, at, passed[0].node, [], state.item(result, None))
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

    state.each(_plain(passed, 0), one)


def _next(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    state.each(_plain(passed, 0), lambda item: _drop(state.advance(at, item, target)))
    state.flow(_plain(passed, 1), target)


def _drop(_result: object) -> None:
    return


def _getattr(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    name = _plain(passed, 1)

    def named(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Constant) and isinstance(value.value, str):
            text = value.value
            state.each(_plain(passed, 0), lambda owner: state.load(at, owner, text, target))

    state.each(name, named)
    state.flow(_plain(passed, 2), target)


def _setattr(state: Externals, at: At, passed: Sequence[Passed], _target: int) -> None:
    def named(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Constant) and isinstance(value.value, str):
            text = value.value
            source = _plain(passed, 2)
            state.each(_plain(passed, 0), lambda owner: state.store(at, owner, text, source))

    state.each(_plain(passed, 1), named)


def _super(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(cls: int) -> None:
        if isinstance(state.values[cls], Class):
            state.each(_plain(passed, 1), lambda item: state.give(target, SuperView(cls, item)))

    state.each(_plain(passed, 0), one)


def _type(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Instance):
            state.engine.add(target, value.cls)

    if len(passed) == 1:
        state.each(_plain(passed, 0), one)


def _type_call(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    """``super().__call__(…)`` in a metaclass: the receiver comes first."""
    rest = passed[1:]
    state.each(_plain(passed, 0), lambda cls: _construct(state, at, cls, rest, target))


def _construct(state: Externals, at: At, cls: int, passed: Sequence[Passed], target: int) -> None:
    if isinstance(state.values[cls], Class):
        state.when_known(cls, lambda: state.construct(at, cls, passed, target))


def _new(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(cls: int) -> None:
        if isinstance(state.values[cls], Class):
            state.engine.add(target, state.instance(cls, at))

    state.each(_plain(passed, 0), one)


def _wrapped(state: Externals, how: str, item: int) -> Wrapped:
    value = state.values[item]
    return Wrapped(how, value.function if isinstance(value, Wrapped) else item)


def _wrap(how: str) -> Model:
    def model(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
        state.each(_plain(passed, 0), lambda item: state.give(target, _wrapped(state, how, item)))

    return model


def _property(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    def with_getter(getter: int) -> None:
        state.give(target, Property(getter))
        setter = _plain(passed, 1) if _plain(passed, 1) != UNKNOWN else _keyword(passed, "fset")
        state.each(setter, lambda item: state.give(target, Property(getter, item)))

    getter = _plain(passed, 0) if _plain(passed, 0) != UNKNOWN else _keyword(passed, "fget")
    state.each(getter, with_getter)


def _partial(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(function: int) -> None:
        inner = state.values[function]
        if isinstance(inner, Partial) and (inner.site, inner.frame) == (at.site, at.frame):
            return  # a loop adds arguments to its own result
        number = state.number(Partial(function, at.site, at.frame))
        state.partials[number] = tuple(passed[1:])
        state.engine.add(target, number)

    state.each(_plain(passed, 0), one)


def _import_module(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Constant) and isinstance(value.value, str):
            package = ""
            if value.value.startswith("."):
                package = next(iter(state.text_of(_plain(passed, 1))), state.package_of(at.frame))
            state.import_module(absolute(value.value, package), at.frame, target)

    state.each(_plain(passed, 0), one)


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
    state.each(_plain(passed, 0), lambda item: state.give(target, Namespace(item)))


def _run(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    for argument in passed:
        state.each(argument.node, lambda item: state.wait(at, item, target))


def _gather(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at, len(passed))
    for position, argument in enumerate(passed):
        node = argument.node
        if argument.passing is Passing.STAR:
            node = _elements(state, at, node)
        slot = state.item(result, position if argument.passing is Passing.PLAIN else None)
        state.each(node, lambda item, slot=slot: state.wait(at, item, slot))
    state.engine.add(target, result)


def _methodcaller(state: Externals, _at: At, _passed: Sequence[Passed], _target: int) -> None:
    return


def _dataclass(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    def one(item: int) -> None:
        info = state.classes.get(item)
        if info is not None:
            info.synthetic = "dataclass"
        state.engine.add(target, item)

    state.each(_plain(passed, 0), one)
    if _plain(passed, 0) == UNKNOWN:
        state.give(target, External("dataclasses.dataclass"))


def _field(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    state.give(
        target, Field(_keyword(passed, "default"), _keyword(passed, "default_factory", "factory"))
    )


def _wraps(state: Externals, _at: At, _passed: Sequence[Passed], target: int) -> None:
    state.give(target, External(IDENTITY))


def _first(state: Externals, _at: At, passed: Sequence[Passed], target: int) -> None:
    state.flow(_plain(passed, 0), target)


def _thread(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    function = _keyword(passed, "target", "function")
    if function == UNKNOWN:
        function = _plain(passed, 1)
    arguments = _keyword(passed, "args")
    spread = (Passed(arguments, Passing.STAR),) if arguments != UNKNOWN else ()
    state.each(function, lambda item: state.call(at, item, spread, UNKNOWN))


def _submit(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
    rest = tuple(passed[1:])
    state.each(_plain(passed, 0), lambda item: state.call(at, item, rest, target))


def _operator(method: str) -> Model:
    def model(state: Externals, at: At, passed: Sequence[Passed], target: int) -> None:
        right = _plain(passed, 1)
        state.each(
            _plain(passed, 0), lambda item: state.binary(at, item, right, (method,), target)
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
    "typing.cast": lambda state, at, passed, target: state.flow(_plain(passed, 1), target),
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


class Externals(Dispatch, ABC):
    """Rules for calls that leave the project."""

    def call_external(
        self, at: At, name: str, passed: Sequence[Passed], target: int, *, decorator: bool
    ) -> None:
        """Something outside the project is called."""
        model = MODELS.get(name)
        if model is not None:
            model(self, at, passed, target)
            return
        implicit = _IMPLICIT.get(name)
        if implicit is not None:
            for argument in passed:
                self.each(
                    argument.node,
                    lambda item: self.implicit(at, item, implicit, (), target),
                )
        if name == IDENTITY or decorator or name in _TRANSPARENT:
            self.flow(_plain(passed, 0), target)
            if not decorator and name in _DECORATOR_FACTORIES:
                self.give(target, External(IDENTITY))
            return
        if name in _DECORATOR_FACTORIES:
            self.give(target, External(IDENTITY))
            return
        if implicit is None and name not in _SILENT:
            self.call_arguments(at, name, passed)

    def package_of(self, frame: int) -> str:
        """Package of the module that ``frame`` belongs to."""
        name = self.module_of(frame)
        inside = any(other.startswith(f"{name}.") for other in self.modules)
        return name if inside else name.rpartition(".")[0]

    def module_of(self, frame: int) -> str:
        """Module that ``frame`` belongs to."""
        return self.files[self.file_of[self.frames[frame].scope]].module

    def import_module(self, name: str, frame: int, target: int) -> None:
        """``target`` takes module ``name``, as code in ``frame`` sees it."""
        name = self.resolve(name, frame)
        value = Module(name) if name in self.modules else External(name)
        self.give(target, value)

    def copy_into(self, at: At, item: int, result: int, kind: Kind) -> None:
        """Add the elements of ``item`` to container ``result``, in their positions where these are known."""
        value = self.values[item]
        ordered = isinstance(value, Container) and value.kind in {Kind.LIST, Kind.TUPLE}
        if ordered and kind is not Kind.SET:
            self.add_items(item, result, shift=0)
        else:
            self.iterate(at, item, self.item(result, None))

    def update(self, at: At, target: int, item: int) -> None:
        """``target.update(item)``"""
        value = self.values[item]
        if isinstance(value, Container) and value.kind is Kind.DICT:
            self.add_items(item, target, shift=0)
            self.engine.edge(self.items(item).keys, self.items(target).keys)
        else:
            row = self.engine.node()
            self.iterate(at, item, row)
            self.each(row, lambda pair: self._add_pair(at, target, pair))

    def _add_pair(self, at: At, target: int, pair: int) -> None:
        key, element = self.engine.node(), self.engine.node()
        self.unpack(at, pair, 0, key, rest=False)
        self.unpack(at, pair, 1, element, rest=False)
        self.store_item(at, target, key, element)

    # -- methods of builtin objects -------------------------------------------------------------------------------

    def call_builtin_method(
        self, at: At, method: Method, passed: Sequence[Passed], target: int
    ) -> None:
        """A builtin method of a container, generator, property or function is called."""
        value = self.values[method.receiver]
        if isinstance(value, Container):
            self._container_method(at, method.receiver, value.kind, method.name, passed, target)
        elif isinstance(value, Instance):
            self._container_method(at, method.receiver, Kind.DICT, method.name, passed, target)
        elif isinstance(value, Generator):
            self._generator_method(value, method.name, passed, target)
        elif isinstance(value, Property):
            self._property_method(value, method.name, passed, target)
        elif isinstance(value, Function):
            self._function_method(at, method.receiver, method.name, passed, target)
        elif isinstance(value, Constant) and method.name in {"join", "format"}:
            methods = ("__format__", "__str__", "__repr__") if method.name == "format" else ()
            for argument in passed:
                if methods:
                    self.each(
                        argument.node,
                        lambda item: self.implicit(at, item, methods, (), UNKNOWN),
                    )
                else:
                    _elements(self, at, argument.node)
        elif isinstance(value, Class):
            self._class_method(at, method, passed, target)

    def _class_method(self, at: At, method: Method, passed: Sequence[Passed], target: int) -> None:
        """A method that ``type`` gives to a class."""
        cls = method.receiver
        if method.name == "__call__":
            self.when_known(cls, lambda: self.construct(at, cls, passed, target))
        elif method.name == "__subclasses__":
            result = self.container(Kind.LIST, at)
            for heir in self.subclasses(cls)[1:]:
                self.engine.add(self.item(result, None), heir)
            self.engine.add(target, result)

    def _container_method(
        self, at: At, owner: int, kind: Kind, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        first = _plain(passed, 0)
        if name in {"append", "add", "appendleft", "insert"}:
            self.flow(_plain(passed, 1) if name == "insert" else first, self.item(owner, None))
            if name in {"insert", "appendleft"}:
                self.engine.edge(self.items(owner).every, self.item(owner, None))
        elif name in {"extend", "extendleft", "union", "difference", "intersection"}:
            for argument in passed:
                self.each(
                    argument.node, lambda item: self.iterate(at, item, self.item(owner, None))
                )
            if name != "extend":
                self.engine.add(target, owner)
        elif name == "update":
            self._update(at, owner, kind, passed)
        elif name in {"sort", "reverse", "rotate"}:
            _apply(self, at, _keyword(passed, "key"), [self.items(owner).every], UNKNOWN)
            self.engine.edge(self.items(owner).every, self.item(owner, None))
        elif name == "copy":
            self.engine.add(target, owner)
        else:
            self._access_method(at, owner, kind, name, passed, target)

    def _update(self, at: At, owner: int, kind: Kind, passed: Sequence[Passed]) -> None:
        for argument in passed:
            if argument.keyword:
                self.flow(argument.node, self.item(owner, argument.keyword))
            elif kind is Kind.DICT:
                self.each(argument.node, lambda item: self.update(at, owner, item))
            else:
                self.each(
                    argument.node, lambda item: self.iterate(at, item, self.item(owner, None))
                )

    def _access_method(
        self, at: At, owner: int, kind: Kind, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        first = _plain(passed, 0)
        if name in {"get", "pop", "setdefault", "__getitem__"}:
            if kind is Kind.DICT and passed or name == "__getitem__":
                self._select(owner, first, target)
            elif passed:
                self._select(owner, first, target)
            else:
                self.engine.edge(self.items(owner).every, target)
            self.flow(_plain(passed, 1), target)
            if name == "setdefault":
                self.store_item(at, owner, first, _plain(passed, 1))
        elif name in {"popleft", "popitem"}:
            self.engine.edge(self.items(owner).every, target)
        elif name in {"values", "keys", "items", "__iter__"}:
            self._view(at, owner, kind, name, target)
        elif name == "__setitem__":
            self._put(owner, first, _plain(passed, 1))

    def _view(self, at: At, owner: int, kind: Kind, name: str, target: int) -> None:
        items = self.items(owner)
        result, _ = self.derived(Kind.LIST, at, owner)
        if name == "values":
            self.engine.edge(items.every, self.item(result, None))
        elif name == "keys" or (name == "__iter__" and kind is Kind.DICT):
            self.engine.edge(items.keys, self.item(result, None))
        elif name == "__iter__":
            self.engine.edge(items.every, self.item(result, None))
        else:
            row, _ = self.derived(Kind.TUPLE, at, owner)
            self.engine.edge(items.keys, self.item(row, 0))
            self.engine.edge(items.every, self.item(row, 1))
            self.engine.add(self.item(result, None), row)
        self.engine.add(target, result)

    def _generator_method(
        self, value: Generator, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        base = self.frames[value.frame].base
        if name in {"send", "asend"}:
            self.flow(_plain(passed, 0), base + SENT)
        if name in {"send", "__next__", "throw", "asend", "__anext__"}:
            self.flow(base + 1, target)
        if name in {"__iter__", "__aiter__"}:
            self.give(target, value)
        if name == "__await__":
            self.flow(base + RETURNED, target)

    def _property_method(
        self, value: Property, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        def one(item: int) -> None:
            if name == "setter":
                self.give(target, Property(value.getter, item, value.deleter))
            elif name == "deleter":
                self.give(target, Property(value.getter, value.setter, item))
            elif name == "getter":
                self.give(target, Property(item, value.setter, value.deleter))

        self.each(_plain(passed, 0), one)

    def _function_method(
        self, at: At, owner: int, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        if name == "__get__":
            self.each(_plain(passed, 0), lambda item: self.bind_receiver(owner, item, target))
        elif name == "register":
            self.give(target, External(IDENTITY))


__all__ = ["IDENTITY", "MODELS", "Externals", "absolute"]
