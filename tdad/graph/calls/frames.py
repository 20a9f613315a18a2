"""Executing scopes: frames, contexts, and the binding of arguments to parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from tdad.facts_flow import (
    FIRST_PARAMETER,
    RETURNED,
    UNKNOWN,
    Kind,
    Parameter,
    ParameterKind,
    Passing,
    ScopeKind,
)
from tdad.graph.calls.items import Elements
from tdad.graph.calls.state import At, Frame, Passed
from tdad.graph.calls.values import (
    Cells,
    Constant,
    Container,
    Coroutine,
    Function,
    Generator,
    Instance,
    Key,
)

_MOST_FRAMES_OF_A_SCOPE = 200
"""A scope that runs in more contexts than this runs in one common context from then on."""
_MOST_FRAMES_WITHOUT_CONTEXTS = 4000
"""As above, where only decorators have contexts: so many functions may be decorated by one."""


class Frames(Elements, ABC):
    """Rules for calls of project functions."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._frame_of: dict[tuple[int, tuple[int, ...]], int] = {}
        precise = self.depth > 0
        self.most_frames = _MOST_FRAMES_OF_A_SCOPE if precise else _MOST_FRAMES_WITHOUT_CONTEXTS
        self.entered: dict[int, int] = {}
        """Scope → how many frames execute it."""

    @abstractmethod
    def install(self, frame: int) -> None:
        """Turn the operations of the scope of ``frame`` into constraints."""

    def open_frame(self, scope: int, parent: int, cells: int, context: tuple[int, ...]) -> int:
        """A new frame; its operations are installed."""
        number = len(self.frames)
        base = self.engine.nodes(self.scopes[scope].slots)
        owner = cells if cells >= 0 else self.number(Cells(number))
        self.frames.append(Frame(scope, base, parent, context, owner))
        self.entered[scope] = self.entered.get(scope, 0) + 1
        self.budget -= len(self.scopes[scope].operations)
        self.install(number)
        return number

    def context(self, at: At, *, decorator: bool) -> tuple[int, ...]:
        """The context of a callee: the last call sites, as many as are told apart.

        What a decorator makes is told apart in programs of any size: one wrapper for all decorated functions would
        call each of them from everywhere.
        """
        if not self.precise():
            return (at.site,) if decorator and self.depth == 0 else ()
        return (*self.frames[at.frame].context, at.site)[-self.depth :]

    def frame_for(self, function: int, context: tuple[int, ...]) -> int:
        """The frame of a function object in a context."""
        value = self.values[function]
        assert isinstance(value, Function)
        if self.entered.get(value.scope, 0) >= self.most_frames:
            context = ()
        frame = self._frame_of.get((function, context))
        if frame is None:
            frame = len(self.frames)
            self._frame_of[function, context] = frame
            self.open_frame(value.scope, value.frame, -1, context)
        return frame

    def result_of(self, frame: int, target: int, given: dict[int, bool]) -> None:
        """What calling the function that ``frame`` executes gives.

        Args:
            frame: it.
            target: takes the result.
            given: parameter → whether it certainly is, or certainly is not, something else than ``None``.
        """
        scope = self.scope_of(frame)
        if scope.generator:
            self.give(target, Generator(frame))
        elif scope.asynchronous:
            self.give(target, Coroutine(frame))
        else:
            base = self.frames[frame].base
            self.flow(base + RETURNED, target)
            for parameter, is_given, slot in scope.conditional:
                if given.get(parameter, is_given) is is_given:
                    self.flow(base + slot, target)

    def call_function(
        self,
        at: At,
        function: int,
        passed: Sequence[Passed],
        target: int,
        context: tuple[int, ...],
    ) -> None:
        """A project function is called."""
        value = self.values[function]
        assert isinstance(value, Function)
        frame = self.frame_for(function, context)
        self.called(at, value.scope)
        self.result_of(frame, target, self._bind_arguments(frame, value.frame, passed))

    # -- arguments ------------------------------------------------------------------------------------------------

    def _bind_arguments(
        self, frame: int, definer: int, passed: Sequence[Passed]
    ) -> dict[int, bool]:
        """Hand the arguments on; gives which parameters certainly are, or are not, something else than ``None``."""
        parameters = self.scope_of(frame).parameters
        given: dict[int, bool] = {}
        self._bind_positional(frame, parameters, passed, given)
        self._bind_keywords(frame, parameters, passed, given)
        open_ended = any(argument.passing is not Passing.PLAIN for argument in passed)
        for number, parameter in enumerate(parameters):
            if parameter.default != UNKNOWN and (number not in given or open_ended):
                source = self.frames[definer].base + parameter.default
                self.flow(source, self._slot(frame, number))
        omitted = {
            number: False
            for number, parameter in enumerate(parameters)
            if parameter.optional and number not in given and not open_ended
        }
        return omitted | {number: True for number, certain in given.items() if certain}

    def _slot(self, frame: int, number: int) -> int:
        return self.frames[frame].base + FIRST_PARAMETER + number

    def rest_of(self, frame: int, number: int, kind: Kind) -> int:
        """The tuple or dict that parameter ``number`` collects the rest in."""
        rest = self.number(Container(kind, -2 - FIRST_PARAMETER - number, frame))
        self.engine.add(self._slot(frame, number), rest)
        return rest

    def _bind_positional(
        self,
        frame: int,
        parameters: tuple[Parameter, ...],
        passed: Sequence[Passed],
        given: dict[int, bool],
    ) -> None:
        taking = [
            number
            for number, parameter in enumerate(parameters)
            if parameter.kind in {ParameterKind.POSITIONAL, ParameterKind.NORMAL}
        ]
        star = next(
            (n for n, parameter in enumerate(parameters) if parameter.kind is ParameterKind.STAR),
            None,
        )
        position = 0
        stretched = False
        for argument in passed:
            if argument.keyword or argument.passing is Passing.DOUBLE_STAR:
                continue
            if argument.passing is Passing.STAR:
                self._spread(frame, taking, star, position, argument.node, exact=not stretched)
                stretched = True
            elif stretched:
                self._anywhere(frame, taking[position:], star, argument.node)
            else:
                self._put_positional(frame, taking, star, position, argument.node)
                if position < len(taking):
                    given[taking[position]] = argument.certain
                position += 1

    def _put_positional(
        self, frame: int, taking: list[int], star: int | None, position: int, node: int
    ) -> None:
        if position < len(taking):
            self.flow(node, self._slot(frame, taking[position]))
        elif star is not None:
            rest = self.rest_of(frame, star, Kind.TUPLE)
            self.flow(node, self.item(rest, position - len(taking)))

    def _anywhere(self, frame: int, taking: list[int], star: int | None, node: int) -> None:
        for number in taking:
            self.flow(node, self._slot(frame, number))
        if star is not None:
            self.flow(node, self.item(self.rest_of(frame, star, Kind.TUPLE), None))

    def _spread(
        self,
        frame: int,
        taking: list[int],
        star: int | None,
        position: int,
        node: int,
        *,
        exact: bool,
    ) -> None:
        """``*node`` from ``position`` on."""
        if node == UNKNOWN:
            return

        def expand(item: int) -> None:
            value = self.values[item]
            ordered = isinstance(value, Container) and value.kind in {Kind.LIST, Kind.TUPLE}
            if not (ordered and exact):
                element = self.engine.node()
                self.iterate(At(frame, -1), item, element)
                self._anywhere(frame, taking[position:], star, element)
                return

            def place(key: Key, element: int) -> None:
                if isinstance(key, int):
                    self._put_positional(frame, taking, star, position + key, element)
                else:
                    self._anywhere(frame, taking[position:], star, element)

            self.on_item(item, place)

        self.each(node, expand)

    def _bind_keywords(
        self,
        frame: int,
        parameters: tuple[Parameter, ...],
        passed: Sequence[Passed],
        given: dict[int, bool],
    ) -> None:
        by_name = {
            parameter.name: number
            for number, parameter in enumerate(parameters)
            if parameter.kind in {ParameterKind.NORMAL, ParameterKind.KEYWORD}
        }
        double = next(
            (
                number
                for number, parameter in enumerate(parameters)
                if parameter.kind is ParameterKind.DOUBLE_STAR
            ),
            None,
        )
        for argument in passed:
            if argument.keyword:
                if argument.keyword in by_name:
                    given[by_name[argument.keyword]] = argument.certain
                self._put_keyword(frame, by_name, double, argument.keyword, argument.node)
            elif argument.passing is Passing.DOUBLE_STAR:
                self._spread_keywords(frame, by_name, double, argument.node)

    def _put_keyword(
        self, frame: int, by_name: dict[str, int], double: int | None, name: str, node: int
    ) -> None:
        if name in by_name:
            self.flow(node, self._slot(frame, by_name[name]))
        elif double is not None:
            rest = self.rest_of(frame, double, Kind.DICT)
            self.flow(node, self.item(rest, name))

    def _spread_keywords(
        self, frame: int, by_name: dict[str, int], double: int | None, node: int
    ) -> None:
        if node == UNKNOWN:
            return

        def place(key: Key, element: int) -> None:
            if isinstance(key, str):
                self._put_keyword(frame, by_name, double, key, element)
            elif key is None:
                for number in by_name.values():
                    self.flow(element, self._slot(frame, number))
                if double is not None:
                    rest = self.rest_of(frame, double, Kind.DICT)
                    self.flow(element, self.item(rest, None))

        def expand(item: int) -> None:
            if isinstance(self.values[item], (Container, Instance)):
                self.on_item(item, place)

        self.each(node, expand)

    def in_class(self, function: int) -> int:
        """The class whose body defines ``function``; -1: none."""
        value = self.values[function]
        assert isinstance(value, Function)
        if self.scope_of(value.frame).kind is not ScopeKind.CLASS:
            return -1
        return self.cells(value.frame)

    def text_of(self, node: int) -> list[str]:
        """The strings that ``node`` holds now."""
        found = [self.values[item] for item in sorted(self.engine.held[node])]
        return [
            value.value
            for value in found
            if isinstance(value, Constant) and isinstance(value.value, str)
        ]
