"""Rule 9: the environment is not the one the recording was made in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tdad.facts import (
    Change,
    ChangeKind,
    DefinitionKind,
    Environment,
    Evidence,
    Part,
    Use,
)
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.uses import used
from tdad.graph.impacts.world import World

RUNS_THE_TESTS = ("pytest", "pluggy", "iniconfig")


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs between the recording's environment and now."""

    python: tuple[str, str] | None = None
    packages: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Distribution → version then and now; empty: not installed."""
    variables: tuple[str, ...] = ()


def drift(recorded: Environment, now: Environment) -> Drift:
    """Compare two environments."""
    names = sorted(set(recorded.packages) | set(now.packages))
    pairs = {name: (recorded.packages.get(name, ""), now.packages.get(name, "")) for name in names}
    return Drift(
        python=None if recorded.python == now.python else (recorded.python, now.python),
        packages={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
        variables=tuple(
            name
            for name, digest in sorted(recorded.variables.items())
            if now.variables.get(name, "") != digest
        ),
    )


def drifted(
    world: World, spread: Spread, found: Drift, modules: Mapping[str, str]
) -> tuple[list[Change], list[str]]:
    """Spread what drifted; returns the changes, and the precautions taken. ``modules``: top level → distribution."""
    changes: list[Change] = []
    precautions: list[str] = []
    if found.python is not None:
        detail = f"python {found.python[0]} → {found.python[1]}"
        precautions.append(
            f"recorded on {found.python[0]}, now {found.python[1]}: every test is at risk"
        )
        changes.append(_everything(world, spread, "python", detail))
    for name in found.variables:
        change = _drifted(f"${name}", f"environment variable ${name}")
        changes.append(change)
        used(spread, Use.ENV, name, Trail(change))
    for name, (then, now) in found.packages.items():
        detail = f"{name} {then or 'not installed'} → {now or 'not installed'}"
        if name in RUNS_THE_TESTS or (name.startswith("pytest-") and then):
            precautions.append(f"{detail}: it runs the tests, so every test is at risk")
            changes.append(_everything(world, spread, name, detail))
            continue
        change = _drifted(name, detail)
        tops = sorted(module for module, owner in modules.items() if owner == name)
        if _package(world, spread, Trail(change), tops):
            changes.append(change)
    return changes, precautions


def _drifted(name: str, detail: str) -> Change:
    return Change(name, "", ChangeKind.EDITED, Part.DATA, detail=detail)


def _package(world: World, spread: Spread, trail: Trail, modules: list[str]) -> bool:
    """Everybody who imports one of the distribution's modules, or tried to; tells whether somebody does."""
    concerned = False
    for module in modules:
        for how in (Use.MODULE, Use.NO_MODULE):
            concerned = concerned or bool(world.recorded.users(how, module))
            used(spread, how, module, trail)
        for path in world.head.mentioning(module):
            concerned = _importing(world, spread, trail, path, module) or concerned
    return concerned


def _importing(world: World, spread: Spread, trail: Trail, path: str, module: str) -> bool:
    """Follow the imports of ``module`` in one file: by the function that imports, or by whoever imports the file."""
    facts = world.head.get(path)
    found = [i for i in (facts.imports if facts else ()) if i.module.partition(".")[0] == module]
    for item in found:
        owner = facts.definitions[item.owner] if facts else None
        if owner is not None and owner.kind is DefinitionKind.FUNCTION:
            step = trail.then(
                "imported by", f"{path}::{owner.qualname}", evidence=Evidence.DERIVED
            )
            spread.executed(path, owner.qualname, step, item.line)
        else:
            spread.imported(path, trail)
    return bool(found)


def _everything(world: World, spread: Spread, name: str, detail: str) -> Change:
    change = _drifted(name, detail)
    step = Trail(change).then("changes how every test runs", detail, evidence=Evidence.PRECAUTION)
    spread.tests(world.all_tests(), step)
    return change
