"""Rule 9: the environment is not the one the recording was made in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tdad.facts import Change, ChangeKind, Environment, Evidence, Part, Use
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.trails import Trail
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


def drifted(world: World, spread: Spread, found: Drift, modules: Mapping[str, str]) -> list[str]:
    """Spread what drifted; returns the precautions taken. ``modules``: top-level module → distribution."""
    precautions = []
    if found.python is not None:
        text = f"recorded on {found.python[0]}, now {found.python[1]}: every test is at risk"
        precautions.append(text)
        _everything(world, spread, "python", text)
    for name in found.variables:
        change = Change(path=f"${name}", qualname="", kind=ChangeKind.EDITED, part=Part.DATA, detail="variable")
        spread.used(Use.ENV, name, Trail(change))
    for name, (then, now) in found.packages.items():
        detail = f"{name} {then or 'not installed'} → {now or 'not installed'}"
        if name in RUNS_THE_TESTS or (name.startswith("pytest-") and then):
            precautions.append(f"{detail}: it runs the tests, so every test is at risk")
            _everything(world, spread, name, detail)
            continue
        change = Change(path=name, qualname="", kind=ChangeKind.EDITED, part=Part.DATA, detail=detail)
        _package(world, spread, Trail(change), sorted(m for m, d in modules.items() if d == name))
    return precautions


def _package(world: World, spread: Spread, trail: Trail, modules: list[str]) -> None:
    """Everybody who imports one of the distribution's modules."""
    for module in modules:
        spread.used(Use.MODULE, module, trail)
        for path in world.head.mentioning(module):
            facts = world.head.get(path)
            imports = facts.imports if facts else ()
            if any(item.module.partition(".")[0] == module for item in imports):
                spread.imported(path, trail.then("imported by", path, evidence=Evidence.DERIVED))


def _everything(world: World, spread: Spread, name: str, detail: str) -> None:
    change = Change(path=name, qualname="", kind=ChangeKind.EDITED, part=Part.DATA, detail=detail)
    step = Trail(change).then("changes how every test runs", detail, evidence=Evidence.PRECAUTION)
    spread.tests(world.all_tests(), step)
