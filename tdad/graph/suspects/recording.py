"""Suspicion from what tests executed: by the spectrum, and from there one step along the static graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tdad.facts import ANNOTATIONS, DefinitionKind, ReferenceKind
from tdad.graph.resolve import Edge
from tdad.graph.suspects.cases import Case
from tdad.graph.suspects.ground import Ground, owners

READ_BY = 60
"""Of so many executed suspects the constants they read are looked at."""
INDIRECT = 0.9
"""A constant is less suspicious than the code that reads it: more code reads constants than breaks them."""
IMPORTED = 0.2
"""A name that an import binds: what is wrong is where it comes from."""
UNENTERED = 0.7
"""A function that suspicious code mentions and no failing test entered: less so than what was executed."""
OF_CLASS = 0.55
"""A class is less suspicious than its most suspicious method: its bases, attributes and headers ran at import."""
NOT_ENTERED = 0.95
"""The same where a line that failing tests executed calls it, and nothing else may be meant."""
STATIC = 0.3
"""Suspicion of what a test that executed nothing of the project mentions."""
NOT_OF_CLASS = 0.5
"""Factor for a member of a class of which no failing test executed anything, if the receiver's class is not known."""
REPORTING = 0.1
"""Factor for a ``__repr__`` that no passing test ran: failures are told with it, after they happened."""
_REPORTING = frozenset({"__repr__"})


def executed(ground: Ground) -> None:
    """From the spectrum: the most suspicious line of each definition speaks for it."""
    for path, lines in ground.seen.lines.items():
        facts = None if ground.is_test(path) else ground.facts(path)
        if facts is None:
            continue
        found = owners(facts, lines)
        for line in sorted(lines):
            case = ground.case(f"{path}::{found[line]}")
            case.tests |= lines[line]
            suspicion = ground.formula(ground.seen.counts(lines[line]))
            if suspicion > case.suspicion:
                case.suspicion, case.line = suspicion, line
    for case in ground.cases.values():
        told = case.definition.rpartition(".")[2] in _REPORTING
        if told and not case.tests & ~ground.seen.failing:
            case.suspicion *= REPORTING


def read(ground: Ground) -> None:
    """What executed code mentions and what itself is not seen to run: constants, classes, functions never entered.

    As suspicious as all that was executed and mentions them, a little less.
    """
    strongest = sorted(ground.cases.values(), key=lambda c: (-c.suspicion, c.definition))
    tests: dict[str, int] = {}
    through: dict[str, tuple[float, str]] = {}
    factors: dict[str, float] = {}
    for case in strongest[:READ_BY]:
        for target, who, factor in _read_by(ground, case):
            tests[target] = tests.get(target, 0) | who
            factors[target] = max(factor, factors.get(target, 0.0))
            if target not in through or case.suspicion > through[target][0]:
                through[target] = case.suspicion, case.definition
    for target, who in tests.items():
        suspicion = factors[target] * ground.formula(ground.seen.counts(who))
        case = ground.case(target)
        if suspicion > case.suspicion:
            case.suspicion, case.tests, case.through = suspicion, who, through[target][1]
            case.line = ground.line_of(target)


def _read_by(ground: Ground, case: Case) -> Iterator[tuple[str, int, float]]:
    """(what the definition mentions and no failing test executed, tests that mention it, factor)."""
    here = case.definition.partition("::")[0]
    edges = ground.resolver.references(case.definition)
    meant = Counter((edge.line, edge.target.rpartition(".")[2]) for edge in edges)
    for edge in edges:
        path, _, qualname = edge.target.partition("::")
        if edge.kind in ANNOTATIONS or ground.is_test(path) or not qualname:
            continue
        line = ground.at(here, edge.line)
        factor = _mention(ground, edge, called=bool(line & ground.seen.failing))
        if factor:
            who = line or case.tests
            if edge.ambiguous or meant[edge.line, edge.target.rpartition(".")[2]] > 1:
                who, factor = _living(ground, edge.target, who, factor)
            yield edge.target, who, factor


def _mention(ground: Ground, edge: Edge, *, called: bool) -> float:
    """Factor for a mention; 0: what is mentioned was executed."""
    kind = ground.kind(edge.target)
    if kind in {DefinitionKind.VARIABLE, DefinitionKind.CLASS}:
        return _indirect(ground, edge.target)
    if kind is not DefinitionKind.FUNCTION or _entered(ground, edge.target):
        return 0.0
    sure = edge.kind is ReferenceKind.CALL and not edge.ambiguous and edge.weight == 1
    return NOT_ENTERED if called and sure else UNENTERED


def _living(ground: Ground, target: str, who: int, factor: float) -> tuple[int, float]:
    """(tests, factor) of a mention that may mean others: it means members of classes of which something runs."""
    ran = ground.ran_of(target.rpartition(".")[0])
    if not ran:
        return who, factor * NOT_OF_CLASS
    return who & ran, factor


def _indirect(ground: Ground, target: str) -> float:
    found = ground.definition(target)
    return IMPORTED if found is not None and "import" in found.flags else INDIRECT


def _entered(ground: Ground, definition: str) -> bool:
    case = ground.cases.get(definition)
    return case is not None and bool(case.tests & ground.seen.failing) and not case.through


def classes(ground: Ground) -> None:
    """Classes around suspicious methods: what the class statement itself does was executed at import, by nobody.

    A class is no more suspicious than all that ran of it taken together: who uses it would fail as well.
    """
    for case in list(ground.cases.values()):
        path, _, qualname = case.definition.partition("::")
        while "." in qualname:
            qualname = qualname.rpartition(".")[0]
            owner = f"{path}::{qualname}"
            if ground.kind(owner) is not DefinitionKind.CLASS:
                break
            _lift(ground, owner, case)
    for case in ground.cases.values():
        ran = ground.ran_of(case.definition)
        if ran and case.through and ground.kind(case.definition) is DefinitionKind.CLASS:
            case.suspicion = min(case.suspicion, ground.formula(ground.seen.counts(ran)))


def _lift(ground: Ground, owner: str, case: Case) -> None:
    around = ground.case(owner)
    suspicion = OF_CLASS * case.suspicion
    if suspicion > around.suspicion:
        around.suspicion, around.tests, around.through = suspicion, case.tests, case.definition
        around.line = ground.line_of(owner)


def idle(ground: Ground, failing: Iterable[str]) -> None:
    """For tests that fell over before they executed anything of the project: what they mention, two steps deep."""
    seen = 0
    for path, lines in ground.seen.lines.items():
        for who in lines.values() if not ground.is_test(path) else ():
            seen |= who
    for node_id in sorted(set(failing).difference(ground.names(seen))):
        record = ground.recorded.tests.get(node_id)
        start = record.definition if record else node_id.partition("[")[0]
        for target in _mentions(ground, start):
            case = ground.case(target)
            if not case.suspicion:
                case.suspicion, case.line = STATIC, ground.line_of(target)
                case.static = node_id


def _mentions(ground: Ground, definition: str) -> Iterator[str]:
    waiting, known = [(definition, 0)], {definition}
    while waiting:
        here, depth = waiting.pop(0)
        for edge in ground.resolver.references(here):
            if edge.ambiguous or edge.target in known:
                continue
            known.add(edge.target)
            if not ground.is_test(edge.target.partition("::")[0]):
                yield edge.target
            if depth < 2:
                waiting.append((edge.target, depth + 1))
