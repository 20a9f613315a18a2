"""Expressions → slots. Evaluation order is the language's, as far as names are bound on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import libcst as cst

from tdad.facts_flow import (
    FIRST_PARAMETER,
    SENT,
    UNKNOWN,
    YIELDED,
    Affixes,
    Argument,
    Binary,
    Call,
    Delegate,
    Enter,
    Implicit,
    Iterate,
    Kind,
    Literal,
    LoadAttribute,
    LoadItem,
    LoadSlice,
    MakeContainer,
    MakeFunction,
    Parameter,
    ParameterKind,
    Passing,
    ScopeKind,
    Super,
)
from tdad.source.flow.names import children
from tdad.source.flow.operators import AUGMENTED, BINARY, COMPARISON, UNARY
from tdad.source.flow.scope import FileFlow, Place, ScopeFlow

MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"}
)
"""Generics whose second argument is what their elements are."""
SEQUENCES = frozenset(
    {
        "list",
        "List",
        "Sequence",
        "MutableSequence",
        "Iterable",
        "Iterator",
        "Collection",
        "Generator",
    }
    | {"set", "Set", "AbstractSet", "frozenset", "FrozenSet", "deque", "Deque"}
    | {"AsyncIterator", "AsyncIterable", "AsyncGenerator"}
)
"""Generics whose first argument is what their elements are."""
_SHORTEST_AFFIX = 2
"""What is known of a text that is put together must be at least so long to select attributes."""
_LONGEST_LITERAL = 60
"""Longer strings are texts; they select neither attributes nor elements."""


def evaluate(scope: ScopeFlow, node: cst.CSTNode) -> int:
    """Slot of the value of ``node``."""
    method = _EVALUATORS.get(type(node))
    if method is not None:
        return method(scope, node)
    for child in children(node):
        evaluate(scope, child)
    return UNKNOWN


def _name(scope: ScopeFlow, node: cst.Name) -> int:
    scope.escape(node.value)
    return scope.load(node.value)


def _base(scope: ScopeFlow, node: cst.BaseExpression) -> tuple[int, str]:
    """Slot of what is left of a dot or bracket, and its name if it is one."""
    if isinstance(node, cst.Name):
        return scope.load(node.value), node.value
    return evaluate(scope, node), ""


def literal(node: cst.CSTNode) -> str | int | None:
    """Value of a string or integer constant that can be a key."""
    if isinstance(node, cst.Integer):
        try:
            return int(node.evaluated_value)
        except ValueError:
            return None
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        value = literal(node.expression)
        return -value if isinstance(value, int) else None
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        try:
            text = node.evaluated_value
        except (ValueError, SyntaxError):
            return None
        return text if isinstance(text, str) and len(text) <= _LONGEST_LITERAL else None
    return None


def _literal(scope: ScopeFlow, node: cst.BaseExpression) -> int:
    value = literal(node)
    if value is None:
        if isinstance(node, cst.ConcatenatedString):
            evaluate(scope, node.left)
            evaluate(scope, node.right)
        return UNKNOWN
    slot = scope.slot()
    scope.emit(Literal(slot, value))
    return slot


def _attribute(scope: ScopeFlow, node: cst.Attribute) -> int:
    base, root = _base(scope, node.value)
    name = node.attr.value
    if root:
        stored = scope.place((root, ".", name))
        if stored is not None:
            return stored
    if base == UNKNOWN:
        return UNKNOWN
    slot = scope.slot()
    scope.emit(LoadAttribute(slot, base, name, scope.file.site()))
    return slot


def key_of(
    scope: ScopeFlow, node: cst.Subscript
) -> tuple[cst.Slice | None, int, str | int | None]:
    """The slice if it is one; slot of the key; its value if it is a literal."""
    if len(node.slice) == 1:
        index = node.slice[0].slice
        if isinstance(index, cst.Slice):
            for part in (index.lower, index.upper, index.step):
                if part is not None:
                    evaluate(scope, part)
            return index, UNKNOWN, None
        value = cast("cst.Index", index).value
        return None, evaluate(scope, value), literal(value)
    for element in node.slice:
        evaluate(scope, element)
    return None, UNKNOWN, None


def _subscript(scope: ScopeFlow, node: cst.Subscript) -> int:
    base, root = _base(scope, node.value)
    piece, key, value = key_of(scope, node)
    if root and value is not None:
        stored = scope.place(item_place(scope, root, value))
        if stored is not None:
            return stored
    if base == UNKNOWN:
        return UNKNOWN
    slot = scope.slot()
    if piece is None:
        scope.emit(LoadItem(slot, base, key, scope.file.site()))
        return slot
    start = 0 if piece.lower is None else literal(piece.lower)
    stop = None if piece.upper is None else literal(piece.upper)
    known = (
        isinstance(start, int)
        and (piece.upper is None or isinstance(stop, int))
        and piece.step is None
    )
    if known:
        bounds = (cast("int", start), cast("int | None", stop))
        scope.emit(LoadSlice(slot, base, *bounds, scope.file.site()))
    else:
        scope.emit(LoadSlice(slot, base, None, None, scope.file.site()))
    return slot


def item_place(scope: ScopeFlow, root: str, key: str | int) -> Place:
    """The place of ``root[key]``; counted from the start where the length is known."""
    length = scope.lengths.get(root)
    if isinstance(key, int) and key < 0 and length is not None:
        key += length
    return (root, "[", key)


# -- calls --------------------------------------------------------------------------------------------------------


def arguments(scope: ScopeFlow, nodes: Any) -> tuple[Argument, ...]:
    """The arguments of a call or the keywords of a class."""
    found = []
    for argument in nodes:
        slot = evaluate(scope, argument.value)
        if argument.star == "*":
            found.append(Argument(slot, Passing.STAR))
        elif argument.star == "**":
            found.append(Argument(slot, Passing.DOUBLE_STAR))
        else:
            keyword = argument.keyword.value if argument.keyword is not None else ""
            found.append(Argument(slot, Passing.PLAIN, keyword))
    return tuple(found)


def _call(scope: ScopeFlow, node: cst.Call) -> int:
    function = node.func
    if (
        isinstance(function, cst.Name)
        and function.value == "super"
        and not node.args
        and "super" not in scope.file.root.bound
    ):
        return _super(scope)
    receiver = ""
    if isinstance(function, cst.Attribute) and isinstance(function.value, cst.Name):
        receiver = function.value.value
    texts = scope.file.index.texts.get(id(node))
    if texts:
        return _embedded(scope, texts)
    slot = evaluate(scope, function)
    passed = arguments(scope, node.args)
    method = cast("cst.Attribute", function).attr.value if receiver else ""
    if method == "append" and len(passed) == 1:
        _append(scope, receiver, slot, passed)
    elif method == "update" and scope.private(receiver):
        _update(scope, receiver, node, passed)
    else:
        scope.after_call(receiver)
    if slot == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Call(target, slot, passed, scope.file.site()))
    return target


def _embedded(scope: ScopeFlow, texts: Sequence[cst.Module]) -> int:
    """``eval(text)``; the statements of ``exec(text)`` that are no expressions are run by ``execute``."""
    lines = [line for tree in texts for line in tree.body]
    found = [
        evaluate(scope, part.value)
        for line in lines
        if isinstance(line, cst.SimpleStatementLine)
        for part in line.body
        if isinstance(part, cst.Expr)
    ]
    scope.after_call()
    return scope.join(found)


def _append(scope: ScopeFlow, receiver: str, slot: int, passed: tuple[Argument, ...]) -> None:
    length = scope.lengths.get(receiver)
    if length is None or not scope.private(receiver):
        scope.after_call(receiver)
        return
    scope.after_call()
    scope.lengths[receiver] = length + 1
    if passed[0].slot != UNKNOWN and slot != UNKNOWN:
        scope.state[receiver, "[", length] = passed[0].slot


def _update(scope: ScopeFlow, receiver: str, node: cst.Call, passed: tuple[Argument, ...]) -> None:
    """``receiver.update({…}, key=…)``: afterwards those keys hold just that."""
    scope.after_call(receiver)
    given: dict[str | int, int] = {}
    for argument, written in zip(passed, node.args, strict=True):
        if argument.keyword:
            given[argument.keyword] = argument.slot
        elif argument.passing is Passing.PLAIN and _all_literal(written.value):
            given.update((key, part) for key, part in scope.made(argument.slot) if key is not None)
        else:
            return
    for key, slot in given.items():
        scope.put(receiver, "[", key, slot)


def _all_literal(node: cst.BaseExpression) -> bool:
    """Tell whether ``node`` is a dict display whose keys are all known."""
    return isinstance(node, cst.Dict) and all(
        isinstance(element, cst.DictElement) and literal(element.key) is not None
        for element in node.elements
    )


def _super(scope: ScopeFlow) -> int:
    outer, up = scope.names, 0
    while outer.kind is not ScopeKind.CLASS:
        if outer.parent is None:
            return UNKNOWN
        outer, up = outer.parent, up + 1
    if not scope.parameters:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Super(target, up, FIRST_PARAMETER))
    return target


# -- displays and comprehensions ----------------------------------------------------------------------------------


def _sequence(kind: Kind) -> Callable[[ScopeFlow, Any], int]:
    def build(scope: ScopeFlow, node: cst.Tuple | cst.List | cst.Set) -> int:
        items: list[tuple[str | int | None, int]] = []
        spreads = []
        certain = kind is not Kind.SET
        for position, element in enumerate(node.elements):
            slot = evaluate(scope, element.value)
            if isinstance(element, cst.StarredElement):
                spreads.append(slot)
                certain = False
            else:
                items.append((position if certain else None, slot))
        length = len(items) if certain else -1
        return container(scope, kind, items, spreads, length)

    return build


def container(
    scope: ScopeFlow,
    kind: Kind,
    items: list[tuple[str | int | None, int]],
    spreads: list[int],
    length: int = -1,
) -> int:
    """Slot of a new container; elements that nothing is known about are left out."""
    target = scope.slot()
    known = tuple((key, slot) for key, slot in items if slot != UNKNOWN)
    wide = tuple(slot for slot in spreads if slot != UNKNOWN)
    scope.emit(MakeContainer(target, kind, known, wide, length))
    return target


def _dict(scope: ScopeFlow, node: cst.Dict) -> int:
    items: list[tuple[str | int | None, int]] = []
    spreads = []
    keys = []
    for element in node.elements:
        if isinstance(element, cst.DictElement):
            key = evaluate(scope, element.key)
            value = literal(element.key)
            if value is None and key != UNKNOWN:
                keys.append((key, evaluate(scope, element.value)))
            else:
                items.append((value, evaluate(scope, element.value)))
        else:
            spreads.append(evaluate(scope, element.value))
    last = {key: position for position, (key, _) in enumerate(items)}
    kept = [item for place, item in enumerate(items) if item[0] is None or last[item[0]] == place]
    target = container(scope, Kind.DICT, kept, spreads)
    for key, slot in keys:
        scope.store_item(target, key, slot)
    return target


def _comprehension(kind: Kind) -> Callable[[ScopeFlow, Any], int]:
    def build(scope: ScopeFlow, node: cst.BaseSimpleComp | cst.DictComp) -> int:
        outer = dict(scope.elements)
        _clauses(scope, node.for_in)
        if isinstance(node, cst.DictComp):
            key, slot = evaluate(scope, node.key), evaluate(scope, node.value)
        else:
            key, slot = UNKNOWN, evaluate(scope, cast("Any", node).elt)
        scope.elements = outer
        if kind is not Kind.DICT:
            return container(scope, kind, [(None, slot)], [])
        target = container(scope, kind, [], [])
        scope.store_item(target, key, slot)
        return target

    return build


def _clauses(scope: ScopeFlow, clause: cst.CompFor | None) -> None:
    while clause is not None:
        source = evaluate(scope, clause.iter)
        _bind_elements(scope, clause.target, iterated(scope, source))
        for condition in clause.ifs:
            truth(scope, evaluate(scope, condition.test))
        clause = clause.inner_for_in


def _bind_elements(scope: ScopeFlow, target: cst.BaseExpression, slot: int) -> None:
    if isinstance(target, cst.Name):
        scope.bind_element(target.value, slot)
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element, part in zip(target.elements, unpacked(scope, target, slot), strict=True):
            _bind_elements(scope, element.value, part)
    elif isinstance(target, cst.StarredElement):
        _bind_elements(scope, target.value, slot)


def unpacked(scope: ScopeFlow, target: cst.Tuple | cst.List, slot: int) -> list[int]:
    """Slots of the parts that ``slot`` is unpacked into."""
    if slot == UNKNOWN:
        return [UNKNOWN] * len(target.elements)
    count = len(target.elements)
    site = scope.file.site()
    parts = []
    starred = False
    for position, element in enumerate(target.elements):
        rest = isinstance(element, cst.StarredElement)
        starred = starred or rest
        index = position if rest or not starred else position - count
        parts.append(scope.unpack(slot, index, site, rest=rest))
    return parts


def iterated(scope: ScopeFlow, source: int) -> int:
    """Slot of the elements of ``source``."""
    if source == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Iterate(target, source, scope.file.site()))
    return target


# -- functions ----------------------------------------------------------------------------------------------------


def parameters(scope: ScopeFlow, node: cst.Parameters) -> tuple[Parameter, ...]:
    """The parameters, their defaults evaluated in ``scope``."""
    found: list[Parameter] = []

    def add(parameter: cst.Param, kind: ParameterKind) -> None:
        default = UNKNOWN if parameter.default is None else evaluate(scope, parameter.default)
        annotation = UNKNOWN
        if parameter.annotation is not None:
            annotation = annotated(scope, parameter.annotation.annotation)
        found.append(Parameter(parameter.name.value, kind, default, annotation))

    for parameter in node.posonly_params:
        add(parameter, ParameterKind.POSITIONAL)
    for parameter in node.params:
        add(parameter, ParameterKind.NORMAL)
    if isinstance(node.star_arg, cst.Param):
        add(node.star_arg, ParameterKind.STAR)
    for parameter in node.kwonly_params:
        add(parameter, ParameterKind.KEYWORD)
    if node.star_kwarg is not None:
        add(node.star_kwarg, ParameterKind.DOUBLE_STAR)
    return tuple(found)


def annotated(scope: ScopeFlow, node: cst.BaseExpression) -> int:
    """Slot of the class that an annotation names (also quoted, optional or a union), else unknown."""
    if isinstance(node, (cst.Name, cst.Attribute)):
        return evaluate(scope, node)
    if isinstance(node, cst.SimpleString):
        value = literal(node)
        try:
            inner = cst.parse_expression(str(value)) if value else None
        except (cst.ParserSyntaxError, cst.CSTValidationError):
            inner = None
        return UNKNOWN if inner is None else annotated(scope, inner)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return scope.join([annotated(scope, node.left), annotated(scope, node.right)])
    if isinstance(node, cst.Subscript):
        name = node.value.attr if isinstance(node.value, cst.Attribute) else node.value
        if isinstance(name, cst.Name):
            return _annotated_generic(scope, name.value, node)
    return UNKNOWN


def _annotated_generic(scope: ScopeFlow, name: str, node: cst.Subscript) -> int:
    """``Union[A, B]`` names what its parts name; ``list[A]`` is a container of what ``A`` names."""
    entries = [entry.slice for entry in node.slice]
    parts = [entry.value for entry in entries if isinstance(entry, cst.Index)]
    if name in {"Optional", "Union"}:
        return scope.join([annotated(scope, part) for part in parts])
    if not parts:
        return UNKNOWN
    if name in {"Annotated", "Final", "ClassVar"}:
        return annotated(scope, parts[0])
    if name in MAPPINGS and len(parts) == 2:
        kind, part = Kind.DICT, parts[1]
    elif name in SEQUENCES:
        kind, part = Kind.LIST, parts[0]
    else:
        return UNKNOWN
    slot = annotated(scope, part)
    return UNKNOWN if slot == UNKNOWN else container(scope, kind, [(None, slot)], [])


def _lambda(scope: ScopeFlow, node: cst.Lambda) -> int:
    return make_function(scope, node, parameters(scope, node.params), node.body)


def make_function(
    scope: ScopeFlow,
    node: cst.Lambda | cst.FunctionDef,
    found: tuple[Parameter, ...],
    body: cst.CSTNode,
) -> int:
    """Slot of a new function; its body is queued."""
    nested = ScopeFlow(scope.file, scope.file.index.scopes[id(node)], scope.number, found)
    if isinstance(node, cst.FunctionDef) and node.returns is not None:
        nested.returns = annotated(scope, node.returns.annotation)
    enqueue(scope.file, nested, body)
    scope.watch(nested.names)
    target = scope.slot()
    scope.emit(MakeFunction(target, nested.number))
    return target


def enqueue(file: FileFlow, nested: ScopeFlow, body: cst.CSTNode) -> None:
    """Number ``nested`` and leave its body for later."""
    nested.number = len(file.scopes)
    file.scopes.append(None)
    file.queue.append((nested.number, nested, body))


# -- operators ----------------------------------------------------------------------------------------------------


def truth(scope: ScopeFlow, slot: int) -> None:
    """``bool(slot)``."""
    implicit(scope, slot, ("__bool__", "__len__"))


def implicit(
    scope: ScopeFlow, slot: int, methods: tuple[str, ...], passed: tuple[int, ...] = ()
) -> int:
    """Slot of what a method that the interpreter calls gives."""
    if slot == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Implicit(target, slot, methods, passed, scope.file.site()))
    return target


def _conditional(scope: ScopeFlow, node: cst.IfExp) -> int:
    truth(scope, evaluate(scope, node.test))
    before = scope.snapshot()
    body = evaluate(scope, node.body)
    after = scope.snapshot()
    scope.resume(before)
    orelse = evaluate(scope, node.orelse)
    scope.resume(after, scope.snapshot())
    return scope.join([body, orelse])


def _boolean(scope: ScopeFlow, node: cst.BooleanOperation) -> int:
    left = evaluate(scope, node.left)
    truth(scope, left)
    before = scope.snapshot()
    right = evaluate(scope, node.right)
    scope.resume(before, scope.snapshot())
    return scope.join([left, right])


def _unary(scope: ScopeFlow, node: cst.UnaryOperation) -> int:
    if literal(node) is not None:
        return _literal(scope, node)
    slot = evaluate(scope, node.expression)
    if isinstance(node.operator, cst.Not):
        truth(scope, slot)
        return UNKNOWN
    return implicit(scope, slot, (UNARY[type(node.operator)],))


def binary(
    scope: ScopeFlow, left: int, right: int, methods: tuple[str, ...], reflected: str
) -> int:
    """Slot of ``left <operator> right``."""
    if left == UNKNOWN and right == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Binary(target, left, right, methods, reflected, scope.file.site()))
    return target


def _binary(scope: ScopeFlow, node: cst.BinaryOperation) -> int:
    left, right = evaluate(scope, node.left), evaluate(scope, node.right)
    method, reflected = BINARY[type(node.operator)]
    result = binary(scope, left, right, (method,), reflected)
    return scope.join([result, _put_together(scope, node)])


def _put_together(scope: ScopeFlow, node: cst.BinaryOperation) -> int:
    """Slot of the text that ``"visit_" + kind`` or ``"visit_%s" % kind`` gives."""
    left, right = literal(node.left), literal(node.right)
    if isinstance(node.operator, cst.Add):
        return _affixes(
            scope,
            left if isinstance(left, str) else "",
            right if isinstance(right, str) else "",
        )
    if isinstance(node.operator, cst.Modulo) and isinstance(left, str) and left.count("%s") == 1:
        return _affixes(scope, *left.split("%s"))
    return UNKNOWN


def augmented(scope: ScopeFlow, left: int, operator: cst.BaseAugOp, right: int) -> int:
    """Slot of ``left <operator>= right``."""
    in_place, method, reflected = AUGMENTED[type(operator)]
    return binary(scope, left, right, (in_place, method), reflected)


def _comparison(scope: ScopeFlow, node: cst.Comparison) -> int:
    left = evaluate(scope, node.left)
    target = UNKNOWN
    for part in node.comparisons:
        right = evaluate(scope, part.comparator)
        if isinstance(part.operator, (cst.In, cst.NotIn)):
            implicit(scope, right, ("__contains__", "__iter__"), (left,))
        elif not isinstance(part.operator, (cst.Is, cst.IsNot)):
            methods, reflected = COMPARISON[type(part.operator)]
            target = binary(scope, left, right, methods, reflected)
        left = right
    return target if len(node.comparisons) == 1 else UNKNOWN


def _walrus(scope: ScopeFlow, node: cst.NamedExpr) -> int:
    slot = evaluate(scope, node.value)
    scope.bind(cast("cst.Name", node.target).value, slot)
    return slot


# -- generators, coroutines, strings ------------------------------------------------------------------------------


def _yield(scope: ScopeFlow, node: cst.Yield) -> int:
    scope.after_call()
    if isinstance(node.value, cst.From):
        return _delegate(scope, evaluate(scope, node.value.item), awaited=False)
    if node.value is not None:
        scope.copy(evaluate(scope, node.value), YIELDED)
    return SENT


def _await(scope: ScopeFlow, node: cst.Await) -> int:
    scope.after_call()
    return _delegate(scope, evaluate(scope, node.expression), awaited=True)


def _delegate(scope: ScopeFlow, source: int, *, awaited: bool) -> int:
    if source == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Delegate(target, source, scope.file.site(), awaited))
    return target


def entered(scope: ScopeFlow, manager: int) -> int:
    """Slot of what ``with manager as`` gives."""
    if manager == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Enter(target, manager, scope.file.site()))
    return target


def _pieces(scope: ScopeFlow, node: cst.FormattedString) -> int:
    for part in node.parts:
        evaluate(scope, part)
    first, last = (
        (
            part.value if isinstance(part, cst.FormattedStringText) else ""
            for part in (node.parts[0], node.parts[-1])
        )
        if node.parts
        else ("", "")
    )
    return _affixes(scope, first, last if len(node.parts) > 1 else "")


def _affixes(scope: ScopeFlow, prefix: str, suffix: str) -> int:
    """Slot of a text that starts and ends so; unknown unless that says something about a name."""
    if len(prefix) + len(suffix) < _SHORTEST_AFFIX or not f"_{prefix}{suffix}".isidentifier():
        return UNKNOWN
    target = scope.slot()
    scope.emit(Affixes(target, prefix, suffix))
    return target


def _formatted(scope: ScopeFlow, node: cst.FormattedStringExpression) -> int:
    slot = evaluate(scope, node.expression)
    if node.conversion == "r":
        implicit(scope, slot, ("__repr__",))
    elif node.conversion == "s":
        implicit(scope, slot, ("__str__", "__repr__"))
    else:
        implicit(scope, slot, ("__format__", "__str__", "__repr__"))
    for part in node.format_spec or ():
        evaluate(scope, part)
    return UNKNOWN


def _nothing(_scope: ScopeFlow, _node: cst.CSTNode) -> int:
    return UNKNOWN


_EVALUATORS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], int]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
    cst.Call: _call,
    cst.Integer: _literal,
    cst.SimpleString: _literal,
    cst.ConcatenatedString: _literal,
    cst.FormattedString: _pieces,
    cst.FormattedStringExpression: _formatted,
    cst.FormattedStringText: _nothing,
    cst.Float: _nothing,
    cst.Ellipsis: _nothing,
    cst.Tuple: _sequence(Kind.TUPLE),
    cst.List: _sequence(Kind.LIST),
    cst.Set: _sequence(Kind.SET),
    cst.Dict: _dict,
    cst.ListComp: _comprehension(Kind.LIST),
    cst.SetComp: _comprehension(Kind.SET),
    cst.GeneratorExp: _comprehension(Kind.LIST),
    cst.DictComp: _comprehension(Kind.DICT),
    cst.Lambda: _lambda,
    cst.IfExp: _conditional,
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: _binary,
    cst.Comparison: _comparison,
    cst.NamedExpr: _walrus,
    cst.Yield: _yield,
    cst.Await: _await,
}
