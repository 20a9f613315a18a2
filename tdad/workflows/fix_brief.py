"""The first prompt of a repair: what the start, the suspects and the map have to say, in two messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from tdad.agent.prompts import (
    LIMIT,
    PARTS,
    Brief,
    Count,
    Material,
    Source,
    build,
)
from tdad.facts import FileFacts, Recorded
from tdad.facts_fix import Failure
from tdad.source import digest, index
from tdad.store import open_map
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_map import Suspicion
from tdad.workflows.fix_start import Begun
from tdad.workflows.prompt_material import doubts_of, failing_test

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
    return written(material_of(ground, begun, suspicion, options), options)


def written(material: Material, options: BriefOptions) -> Brief:
    """The messages of material that was gathered before; only the lines about earlier attempts are taken anew."""
    material = replace(material, earlier=options.earlier)
    return build(material, parts=options.parts, limit=options.limit, count=options.count)


def material_of(
    ground: Ground, begun: Begun, suspicion: Suspicion, options: BriefOptions
) -> Material:
    """Everything that the prompt is made from.

    Raises:
        TdadError: the map cannot be read.
    """
    if not begun.map_path.exists():
        return _gathered(ground, begun, suspicion, options, None)
    with open_map(begun.map_path, mode="read") as store:
        return _gathered(ground, begun, suspicion, options, store.recorded())


def _gathered(
    ground: Ground,
    begun: Begun,
    suspicion: Suspicion,
    options: BriefOptions,
    recorded: Recorded | None,
) -> Material:
    targets = options.targets or begun.targets
    chosen = suspicion.suspects[:_DOUBTS]
    failures = {name: _failure(begun, name) for name in targets}
    known = recorded.tests if recorded is not None else {}
    tests = {name: known[name].definition for name in targets if name in known}
    paths = {
        each.partition("::")[0] for each in (*tests.values(), *(s.definition for s in chosen))
    }
    paths |= {site.path for each in failures.values() for site in each.frames}
    facts = lru_cache(maxsize=None)(lambda path: _facts(ground, recorded, path))
    files = {path: found for path in sorted(paths) if (found := facts(path)) is not None}
    return Material(
        failing=tuple(
            failing_test(name, failure, tests.get(name, ""), facts)
            for name, failure in failures.items()
        ),
        total=len(begun.start.statuses),
        doubts=doubts_of(chosen, recorded, frozenset(begun.targets), facts),
        sources={path: _source(ground, facts, suspicion) for path, facts in files.items()},
        tools=options.tools,
        steps=options.steps,
        minutes=options.minutes,
        issue=options.issue,
        earlier=options.earlier,
    )


def _failure(begun: Begun, name: str) -> Failure:
    start = begun.start
    return start.failures.get(name) or Failure(start.uncollected.get(name, ""))


def _facts(ground: Ground, recorded: Recorded | None, path: str) -> FileFacts | None:
    """Facts of the version at the start: the map has them of what was recorded, and parsing takes time."""
    data = ground.read(path)
    if data is None or not path.endswith(".py"):
        return None
    known = recorded.facts(path, digest(data)) if recorded is not None else None
    return known or index(path, data)


def _source(ground: Ground, facts: FileFacts, suspicion: Suspicion) -> Source:
    text = (ground.read(facts.path) or b"").decode("utf-8", "replace")
    return Source(
        lines=tuple(text.replace("\r\n", "\n").split("\n")),
        definitions=facts.definitions,
        statements=facts.statements,
        heat=suspicion.executed.get(facts.path, {}),
    )
