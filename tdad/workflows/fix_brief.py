"""The first prompt of a repair: what the start, the suspects and the map have to say, in two messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tdad.agent.prompts import (
    LIMIT,
    PARTS,
    Brief,
    Count,
    Doubt,
    Failing,
    Frame,
    Material,
    Source,
    build,
)
from tdad.facts import Definition, DefinitionKind, FileFacts, Recorded
from tdad.graph.suspects import Spectrum, Suspect, spectrum
from tdad.source import index
from tdad.store import open_map
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_map import Suspicion
from tdad.workflows.fix_start import Begun

_DOUBTS = 80
"""So many suspects a prompt chooses from."""


@dataclass(frozen=True, slots=True)
class BriefOptions:
    """What the prompt says, and how much."""

    targets: tuple[str, ...] = ()
    """Failing tests that are told; empty: all that shall be repaired."""
    parts: frozenset[str] = frozenset(PARTS)
    tools: tuple[tuple[str, str], ...] = ()
    """(name, what it does in one line)."""
    steps: int = 30
    minutes: int = 15
    issue: str = ""
    """What somebody wrote; it is shown as such."""
    earlier: tuple[str, ...] = ()
    """A line for each attempt that failed."""
    limit: int = LIMIT
    """Tokens of both messages."""
    count: Count | None = None
    """The server's count; ``None``: an estimate, rather too many than too few."""


def brief(
    ground: Ground, begun: Begun, suspicion: Suspicion, options: BriefOptions | None = None
) -> Brief:
    """Write the system message and the first user message. Nothing is run.

    Raises:
        TdadError: the map cannot be read.
    """
    options = options or BriefOptions()
    material = material_of(ground, begun, suspicion, options)
    return build(material, parts=options.parts, limit=options.limit, count=options.count)


def material_of(
    ground: Ground, begun: Begun, suspicion: Suspicion, options: BriefOptions
) -> Material:
    """Everything that the prompt is made from.

    Raises:
        TdadError: the map cannot be read.
    """
    targets = options.targets or begun.targets
    chosen = suspicion.suspects[:_DOUBTS]
    failures = {name: begun.start.failures.get(name) for name in targets}
    tests = _tests(begun, targets)
    paths = {
        each.partition("::")[0] for each in (*tests.values(), *(s.definition for s in chosen))
    }
    paths |= {site.path for each in failures.values() if each for site in each.frames}
    files = {path: facts for path in sorted(paths) if (facts := _facts(ground, path)) is not None}
    failing = tuple(
        Failing(
            node_id=name,
            message=failure.message if failure else begun.start.uncollected.get(name, ""),
            frames=tuple(
                Frame(site.path, site.line, _around(files.get(site.path), site.line))
                for site in (failure.frames if failure else ())
            ),
            output=failure.output if failure else "",
            test=tests.get(name, ""),
        )
        for name, failure in failures.items()
    )
    return Material(
        failing=failing,
        total=len(begun.start.statuses),
        doubts=_doubts(begun, chosen, files),
        sources={path: _source(ground, facts, suspicion) for path, facts in files.items()},
        tools=options.tools,
        steps=options.steps,
        minutes=options.minutes,
        issue=options.issue,
        earlier=options.earlier,
    )


def _tests(begun: Begun, targets: Sequence[str]) -> dict[str, str]:
    """Node id → definition of the test function."""
    if not begun.map_path.exists():
        return {}
    with open_map(begun.map_path, mode="read") as store:
        known = store.recorded().tests
        return {name: known[name].definition for name in targets if name in known}


def _facts(ground: Ground, path: str) -> FileFacts | None:
    data = ground.read(path)
    return None if data is None else index(path, data)


def _source(ground: Ground, facts: FileFacts, suspicion: Suspicion) -> Source:
    text = (ground.read(facts.path) or b"").decode("utf-8", "replace")
    return Source(
        lines=tuple(text.replace("\r\n", "\n").split("\n")),
        definitions=facts.definitions,
        statements=facts.statements,
        heat=suspicion.executed.get(facts.path, {}),
    )


def _around(facts: FileFacts | None, line: int) -> str:
    """Qualname of the innermost function around a line."""
    found = [
        each
        for each in (facts.definitions if facts else ())
        if each.kind is DefinitionKind.FUNCTION and line in each.span
    ]
    return max(found, key=lambda each: each.span.first).qualname if found else ""


def _doubts(
    begun: Begun, chosen: Sequence[Suspect], files: Mapping[str, FileFacts]
) -> tuple[Doubt, ...]:
    if not begun.map_path.exists():
        return tuple(Doubt(each.definition, each.line, each.reasons) for each in chosen)
    with open_map(begun.map_path, mode="read") as store:
        recorded = store.recorded()
        seen = spectrum(recorded, frozenset(begun.targets))
        breadth: dict[str, int] = {}
        return tuple(_doubt(each, files, recorded, seen, breadth) for each in chosen)


def _doubt(
    suspect: Suspect,
    files: Mapping[str, FileFacts],
    recorded: Recorded,
    seen: Spectrum,
    breadth: dict[str, int],
) -> Doubt:
    """One suspect and the tests that reach it, those that execute least beside it first."""
    path, _, qualname = suspect.definition.partition("::")
    who = 0
    for definition in files[path].definitions if path in files else ():
        if definition.qualname == qualname:
            who |= _executing(definition, seen.lines.get(path, {}))
    names = [name for at, name in enumerate(seen.tests) if who >> at & 1]
    for name in names:
        if name not in breadth:
            breadth[name] = recorded.breadth(name)
    names.sort(key=lambda name: (breadth[name], name))
    bad = {name for at, name in enumerate(seen.tests) if seen.failing >> at & 1}
    return Doubt(
        suspect.definition,
        suspect.line,
        suspect.reasons,
        tuple(name for name in names if name in bad),
        tuple(name for name in names if name not in bad),
    )


def _executing(definition: Definition, lines: Mapping[int, int]) -> int:
    """Tests (as bits) that executed a line of the definition."""
    if definition.kind is DefinitionKind.MODULE:
        return 0
    who = 0
    for line, tests in lines.items():
        if line in definition.span:
            who |= tests
    return who
