"""One version of test files → the tests in them with their checks. Never raises for what is in the bytes."""

from __future__ import annotations

import itertools
import warnings
from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from tdad.facts import Span
from tdad.facts_checks import CheckedFile, CheckedTest, Guard, GuardKind, Parametrization, Pass
from tdad.facts_xunit import CLASS_SETUPS, MODULE_SETUPS
from tdad.source.checks.body import Body
from tdad.source.checks.found import Found, calls_in
from tdad.source.checks.library import Function, Library, Module
from tdad.source.checks.marks import Source, excuse_of_call, excuses, marks_in, parametrizations
from tdad.source.checks.mocks import mock_of
from tdad.source.checks.normal import is_literal, last_name, normal
from tdad.source.checks.quiet import drops
from tdad.source.checks.shape import digests_of
from tdad.source.decode import SourceError, decode
from tdad.source.fingerprint import hash_tokens
from tdad.source.imports import dotted
from tdad.source.spans import parse

_SHOWN = 100
_MOST_ROWS = 128
"""Of all parameters of a test together, when they are put in place of their names."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How pytest tells tests: names, as prefixes."""

    classes: tuple[str, ...] = ("Test",)
    functions: tuple[str, ...] = ("test",)


@dataclass(slots=True)
class _Class:
    """A class around functions: what it adds to each of them."""

    qualname: str = ""
    name: str = ""
    marks: tuple[cst.BaseExpression, ...] = ()
    collected: bool = True
    constants: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _File:
    """One parsed file."""

    module: Module
    source: Source
    functions: list[tuple[Function, _Class]] = field(default_factory=list)
    marks: list[cst.BaseExpression] = field(default_factory=list)
    values: dict[str, cst.BaseExpression] = field(default_factory=dict)
    passes: list[Pass] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    """Names that are assigned once, something written out → its normal form."""


def read_checks(
    files: Mapping[str, bytes], wanted: Collection[str] | None = None, naming: Naming | None = None
) -> dict[str, CheckedFile]:
    """Return what the tests of one version demand, by path.

    Args:
        files: Path → contents: the test files that are asked for, and what they may call (other test files, conftest).
        wanted: The paths that are asked for; ``None``: all.
        naming: What pytest takes for tests.
    """
    parsed: dict[str, _File] = {}
    result: dict[str, CheckedFile] = {}
    for path, data in files.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # invalid escapes are the project's affair
                parsed[path] = _parse(path, decode(data), naming or Naming())
        except (SourceError, RecursionError, MemoryError) as problem:
            result[path] = CheckedFile(path, error=str(problem) or "nested too deeply")
    library = Library({path: file.module for path, file in parsed.items()})
    for path in files if wanted is None else wanted:
        if path in parsed:
            result[path] = _checked(parsed[path], library, naming or Naming())
    return result


# ------------------------------------------------------------------------------------------------ parsing


def _parse(path: str, text: str, naming: Naming) -> _File:
    tree, _ = parse(text)
    wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)

    def line(node: cst.CSTNode) -> int:
        found = positions.get(node)
        return 0 if found is None else found.start.line

    def shown(node: cst.CSTNode) -> str:
        words = " ".join(tree.code_for_node(node).split())
        return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"

    aliases: dict[str, cst.BaseExpression] = {}
    file = _File(Module(path), Source(line, shown, aliases))
    for statement in tree.body:
        _top(statement, file, aliases, naming)
    return file


def _top(
    node: cst.CSTNode, file: _File, aliases: dict[str, cst.BaseExpression], naming: Naming
) -> None:
    match node:
        case cst.FunctionDef():
            _function(node, file, _Class())
        case cst.ClassDef():
            _class(node, file, _Class(), naming)
        case cst.SimpleStatementLine(body=body):
            for small in body:
                _simple(small, file, aliases)
        case cst.If(body=body, orelse=orelse):
            for inner in body.body:
                _top(inner, file, aliases, naming)
            if orelse is not None:
                _top(orelse, file, aliases, naming)
        case cst.Else(body=body) | cst.Try(body=body):
            for inner in body.body:
                _top(inner, file, aliases, naming)


def _simple(node: cst.CSTNode, file: _File, aliases: dict[str, cst.BaseExpression]) -> None:
    match node:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            if name == "pytestmark":
                file.marks += marks_in(value)
            elif "mark." in file.source.text(value) or "skip" in file.source.text(value):
                aliases[name] = value
            elif isinstance(value, cst.List | cst.Tuple | cst.Set):
                file.values[name] = value
            _constant(name, value, file.constants)
        case cst.Import(names=names):
            for each in names:
                alias = each.asname.name if each.asname is not None else None
                full = dotted(each.name)
                known = alias.value if isinstance(alias, cst.Name) else full.partition(".")[0]
                file.module.imports[known] = full if alias is not None else known
        case cst.ImportFrom(names=names, module=module, relative=relative) if not isinstance(
            names, cst.ImportStar
        ):
            start = "." * len(relative) + (dotted(module) if module is not None else "")
            for each in names:
                bound = each.name if each.asname is None else each.asname.name
                joined = start if start.endswith(".") else f"{start}."
                known, name = normal(bound, {}), normal(each.name, {})
                file.module.imports[known] = joined + name
        case cst.Expr(value=cst.Call() as call):
            if (found := excuse_of_call(call, "", file.source)) is not None:
                file.passes.append(found)


def _constant(name: str, value: cst.BaseExpression, known: dict[str, str]) -> None:
    """Note what a name stands for; of one that is assigned twice nobody knows (it stands for itself)."""
    known[name] = name if name in known or not is_literal(value) else normal(value, {})


def _class(node: cst.ClassDef, file: _File, outer: _Class, naming: Naming) -> None:
    name = node.name.value
    qualname = f"{outer.qualname}.{name}" if outer.qualname else name
    own = [decorator.decorator for decorator in node.decorators]
    bases = tuple(_base(arg.value) for arg in node.bases)
    collected = outer.collected and (
        name.startswith(naming.classes) or any(base not in {"", "object"} for base in bases)
    )
    body = node.body.body if isinstance(node.body, cst.IndentedBlock) else ()
    constants: dict[str, str] = {}
    for statement in body:
        match statement:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[cst.AssignTarget(target=cst.Name(value=bound))], value=value
                    )
                ]
            ):
                if bound == "pytestmark":
                    own += marks_in(value)
                elif bound == "__test__":
                    collected = collected and normal(value, {}) != "False"
                for owner in ("self", "cls", name):
                    _constant(f"{owner}.{bound}", value, constants)
    here = _Class(qualname, name, (*outer.marks, *own), collected, constants)
    file.module.methods.setdefault(name, {})
    file.module.bases[name] = bases
    for statement in body:
        if isinstance(statement, cst.FunctionDef):
            _function(statement, file, here)
        elif isinstance(statement, cst.ClassDef):
            _class(statement, file, here, naming)


def _base(node: cst.BaseExpression) -> str:
    text = normal(node, {})
    return text.rpartition(".")[2] if "(" not in text else text


def _function(node: cst.FunctionDef, file: _File, cls: _Class) -> None:
    name = node.name.value
    qualname = f"{cls.qualname}.{name}" if cls.qualname else name
    constants = ChainMap(cls.constants, file.constants)
    function = Function(
        node, file.module.path, qualname, file.source, cls.name, constants=constants
    )
    file.functions.append((function, cls))
    if cls.name:
        file.module.methods[cls.name][name] = function
    else:
        file.module.functions[name] = function


# ------------------------------------------------------------------------------------------------- checks


def _checked(file: _File, library: Library, naming: Naming) -> CheckedFile:
    tests: dict[str, CheckedTest] = {}
    for function, cls in file.functions:
        found = _test(function, cls, file, library, naming)
        tests.pop(found.qualname, None)  # the last of a name is the one that counts
        tests[found.qualname] = found
    passes = [*excuses(file.marks, file.source), *file.passes]
    return CheckedFile(file.module.path, tuple(tests.values()), tuple(passes))


def _test(
    function: Function, cls: _Class, file: _File, library: Library, naming: Naming
) -> CheckedTest:
    own = [decorator.decorator for decorator in function.node.decorators]
    marks = [*own, *cls.marks]
    parameters = tuple(parametrizations(marks, file.source, file.values))
    found = Found()
    guards = _dropped(own, function, library)
    Body(library, found, unroll=False).read(function, function.names(), guards)
    for mark in marks:
        for call in calls_in(mark):
            if (mock := mock_of(call, file.module.imports)) is not None:
                found.mocks.append(mock)
    digests = digests_of(function.node.body)
    names = [parameter.name.value for parameter in function.node.params.params]
    is_fixture = any(last_name(mark) in {"fixture", "yield_fixture"} for mark in own)
    return CheckedTest(
        path=file.module.path,
        qualname=function.qualname,
        span=Span(file.source.line(function.node), file.source.line(function.node)),
        is_test=cls.collected
        and not is_fixture
        and function.node.name.value.startswith(naming.functions),
        body=hash_tokens([*names, *digests]),
        statements=tuple(digests),
        checks=tuple(found.checks),
        expanded=tuple(_expanded(function, parameters, library, found)),
        passes=(*excuses(marks, file.source), *found.passes),
        parameters=parameters,
        mocks=tuple(found.mocks),
        calls=tuple(sorted(found.calls)),
        is_fixture=is_fixture or function.node.name.value in CLASS_SETUPS | MODULE_SETUPS,
    )


def _dropped(
    decorators: Sequence[cst.BaseExpression], function: Function, library: Library
) -> tuple[Guard, ...]:
    """What decorators of the test files that drop failures put around all checks of a test."""
    found = []
    for decorator in decorators:
        func = decorator.func if isinstance(decorator, cst.Call) else decorator
        own = library.function(func, function)
        if own is not None and drops(own.node.body):
            text = f"@{function.source.text(decorator)}"
            found.append(Guard(GuardKind.SWALLOWED, "decorator", text))
    return tuple(found)


def _expanded(
    function: Function, parameters: Sequence[Parametrization], library: Library, plain: Found
) -> Iterable[str]:
    """Keys of the checks, with the values of parameters and of loops in place of their names."""
    rows = list(_combinations(parameters))
    if not plain.checks or (not plain.unrolled and rows == [{}]):
        return [check.key for check in plain.checks]
    found = Found()
    body = Body(library, found, unroll=True)
    for names in rows:
        body.read(function, {**function.names(), **names})
    return [check.key for check in found.checks]


def _combinations(parameters: Sequence[Parametrization]) -> Iterator[dict[str, str]]:
    known = [p for p in parameters if p.sets is not None and p.names]
    rows = [[dict(zip(p.names, row.values, strict=False)) for row in p.sets or ()] for p in known]
    count = 1
    for each in rows:
        count *= max(1, len(each))
    if count > _MOST_ROWS:
        yield {}
        return
    for chosen in itertools.product(*rows):
        yield {name: value for row in chosen for name, value in row.items()}
