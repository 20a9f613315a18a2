"""What no flow shows: entry from outside, values that only annotations name, classes that nobody makes."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from functools import partial

from tdad.facts_flow import (
    FIRST_PARAMETER,
    RETURNED,
    UNKNOWN,
    YIELDED,
    Kind,
    Parameter,
    ParameterKind,
)
from tdad.graph.calls.externals import Externals
from tdad.graph.calls.state import At
from tdad.graph.calls.values import (
    Class,
    Constant,
    Container,
    External,
    Function,
    Module,
    Text,
    Wrapped,
)

_MOST_RECEIVERS = 40
"""A method nobody calls is tried on at most so many subclasses that inherit it; an annotation stands for at most so
many subclasses of the class that it names."""
_MOST_ROUNDS = 6
"""What annotations say leads to further code, and that to further annotations, so many times."""
_TAKES_CLASS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})


class Outside(Externals, ABC):
    """In which order the program is entered, and what is supposed where flow says nothing."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.annotated: list[tuple[int, int]] = []
        """(node, node of its annotation) of variables."""
        self.annotated_fields: list[tuple[int, str, int]] = []
        """(class, name, node of the annotation) of attributes that are only declared."""
        self._supposed: set[int] = set()
        self._tried: set[int] = set()

    def run(self) -> None:
        """Enter every module, then everything that no code of the project calls."""
        for facts in self.files:
            scope = self.first_scope[facts.module]
            cells = self.number(Module(facts.module))
            self.open_frame(scope, -1, cells, ())
        self.engine.settle()
        self._enter_all()
        for _ in range(_MOST_ROUNDS):
            if not self._suppose() and not self._try_classes():
                return
            self.engine.settle()
            self._enter_all()

    # -- functions that nobody calls ------------------------------------------------------------------------------

    def _enter_all(self) -> None:
        while self._enter_rest():
            self.engine.settle()

    def _enter_rest(self) -> bool:
        waiting = [
            number
            for number, value in enumerate(self.values)
            if isinstance(value, Function) and value.scope not in self.entered
        ]
        plain = [item for item in waiting if self.in_class(item) == -1]
        if plain:
            for item in plain:
                self._enter_unasked(item)
            return True
        for item in waiting:
            self._enter_unasked(item)
            self._give_receivers(item)
        return bool(waiting)

    def _enter_unasked(self, function: int) -> None:
        """Run ``function`` as if from outside: defaults, annotated types, and instances of its class."""
        value = self.values[function]
        assert isinstance(value, Function)
        frame = self.frame_for(function, ())
        for slot, parameter in self._parameters(frame):
            if parameter.kind is ParameterKind.STAR:
                self.rest_of(frame, slot - self._first_parameter(frame), Kind.TUPLE)
            elif parameter.kind is ParameterKind.DOUBLE_STAR:
                self.rest_of(frame, slot - self._first_parameter(frame), Kind.DICT)
            if parameter.default != UNKNOWN:
                self.flow(self.frames[value.frame].base + parameter.default, slot)
            if parameter.annotation != UNKNOWN:
                self._suppose_at(slot, self.frames[value.frame].base + parameter.annotation)

    def _first_parameter(self, frame: int) -> int:
        return self.frames[frame].base + FIRST_PARAMETER

    def _parameters(self, frame: int) -> Iterator[tuple[int, Parameter]]:
        """(node, parameter) of a frame."""
        yield from enumerate(self.scope_of(frame).parameters, self._first_parameter(frame))

    def _give_receivers(self, function: int) -> None:
        cls = self.in_class(function)
        value = self.values[function]
        assert isinstance(value, Function)
        name = self.scopes[value.scope].name.rpartition(".")[2]
        heirs = [item for item in self.subclasses(cls) if self._inherits(item, cls, name)]
        if len(heirs) > _MOST_RECEIVERS:
            heirs = heirs[:1]
        for heir in heirs:
            self._give_receiver(function, heir, name)

    def _give_receiver(self, function: int, cls: int, name: str) -> None:
        """Let the first parameter of a method be an instance of ``cls``, or ``cls`` itself."""
        value = self.values[function]
        assert isinstance(value, Function)
        wrapped = self._wrapping(function)
        if wrapped == "staticmethod" or not self.scopes[value.scope].parameters:
            return
        takes_class = wrapped == "classmethod" or name in _TAKES_CLASS
        slot = self._first_parameter(self.frame_for(function, ()))
        self.engine.add(slot, cls if takes_class else self.instance(cls))

    def _inherits(self, heir: int, cls: int, name: str) -> bool:
        for item in self.linearized(heir):
            if item == cls:
                return True
            if self.binds(item, name):
                return False
        return False

    def _wrapping(self, function: int) -> str:
        for how in ("staticmethod", "classmethod"):
            if Wrapped(how, function) in self._numbers:
                return how
        return ""

    # -- annotations ----------------------------------------------------------------------------------------------

    def _suppose(self) -> bool:
        """Let places that nothing of the project reached hold what their annotations name; tells whether any did."""
        before = len(self._supposed)
        for node, annotation in [*self._declared()]:
            if node not in self._supposed and self._vague(node):
                self._suppose_at(node, annotation)
        return len(self._supposed) > before

    def _declared(self) -> Iterator[tuple[int, int]]:
        """(node, node of its annotation) of parameters, results, variables and attributes."""
        for number, frame in enumerate(self.frames):
            if frame.parent == -1:
                continue
            outer = self.frames[frame.parent].base
            for slot, parameter in self._parameters(number):
                plain = parameter.kind not in {ParameterKind.STAR, ParameterKind.DOUBLE_STAR}
                if parameter.annotation != UNKNOWN and plain:
                    yield slot, outer + parameter.annotation
            scope = self.scopes[frame.scope]
            if scope.returns != UNKNOWN and not scope.conditional:
                place = YIELDED if scope.generator else RETURNED
                yield frame.base + place, outer + scope.returns
        yield from self.annotated
        for cls, name, annotation in self.annotated_fields:
            for heir in self.subclasses(cls):
                yield self.attribute(self.instance(heir), name), annotation

    def _vague(self, node: int) -> bool:
        """Tell whether ``node`` holds nothing that the project makes."""
        held = self.engine.held[node]
        return all(isinstance(self.values[item], (External, Constant, Text)) for item in held)

    def _suppose_at(self, node: int, annotation: int) -> None:
        self._supposed.add(node)

        def name(item: int) -> None:
            if isinstance(self.values[item], Container):
                self._suppose_elements(node, item)
            elif item in self.classes:
                self._suppose_instances(node, item)

        self.engine.watch(annotation, name)

    def _suppose_instances(self, node: int, cls: int) -> None:
        heirs = self.subclasses(cls)
        for heir in heirs if len(heirs) <= _MOST_RECEIVERS else heirs[:1]:
            self.engine.add(node, self.instance(heir))

    def _suppose_elements(self, node: int, named: int) -> None:
        """``named`` is a container of annotations: ``list[Item]`` names containers of items."""
        value = self.values[named]
        assert isinstance(value, Container)
        made = self.container(value.kind, At(value.frame, value.site), of=named)

        def one(element: int, item: int) -> None:
            if item in self.classes:
                self._suppose_instances(element, item)
                self.engine.add(node, made)

        for key, annotation in self.items(named).by_key.items():
            self.engine.watch(annotation, partial(one, self.item(made, key)))

    # -- classes that nobody makes --------------------------------------------------------------------------------

    def _try_classes(self) -> bool:
        """Run the inherited methods of classes without subclasses that only code outside can make instances of.

        A small program is taken to be whole: what it does not make is not made, unless a package offers it in its
        ``__init__``.
        """
        offered = self._offered() if self.depth else self.classes
        waiting = [
            cls
            for cls, info in self.classes.items()
            if cls not in self.constructed
            and cls not in self._tried
            and not info.subclasses
            and cls in offered
        ]
        for cls in waiting:
            self._tried.add(cls)
            for name in self._inherited(cls):
                for found in sorted(self.engine.held[self.member(cls, name).node]):
                    value = self.values[found]
                    function = value.function if isinstance(value, Wrapped) else found
                    if isinstance(self.values[function], Function):
                        self._give_receiver(function, cls, name)
        return bool(waiting)

    def _offered(self) -> set[int]:
        """What the names hold that packages bind."""
        packages = {name.rpartition(".")[0] for name in self.modules} & self.modules.keys()
        found: set[int] = set()
        for name in sorted(packages):
            owner = self.number(Module(name))
            for bound in self.modules[name].scopes[0].binds:
                found |= self.engine.held[self.attribute(owner, bound)]
        return found

    def _inherited(self, cls: int) -> list[str]:
        names: set[str] = set()
        for item in self.linearized(cls)[1:]:
            value = self.values[item]
            if isinstance(value, Class):
                names |= self.scopes[value.scope].binds
        return sorted(names)
