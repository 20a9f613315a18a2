"""``[tool.tdad.gate]``: what is done about each sort of finding, and what counts as a sign of a coding agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tdad.errors import ConfigInvalid, ConfigUnknownKey
from tdad.facts_policy import POLICIES, Level, PolicyKind, Signs

_SIGNS = {
    "agent-authors": "authors",
    "agent-branches": "branches",
    "agent-labels": "labels",
    "agent-trailers": "trailers",
}
"""Key → field of ``Signs``."""
_MEANINGS = {
    "agent-authors": "Names, addresses or logins that count as a coding agent, besides the usual ones; `*`: anything.",
    "agent-branches": "Names of branches that do.",
    "agent-labels": "Labels of a pull request that do.",
    "agent-trailers": "Lines at the end of a commit message that do: `Assisted-By: *`.",
}


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What the project says about the gate."""

    levels: Mapping[PolicyKind, Level] = field(default_factory=dict)
    """Of what is not in it the default."""
    signs: Signs = field(default_factory=Signs)


def gate_settings(value: object, where: str) -> GateSettings:
    """Read the table.

    Raises:
        ConfigUnknownKey: it has another key.
        ConfigInvalid: a level is none, or a list is not one of strings.
    """
    if isinstance(value, GateSettings):
        return value
    if not isinstance(value, dict):
        raise ConfigInvalid(where, f"gate must be a table, not {value!r}")
    place = f"[tool.tdad.gate] of {where}"
    levels: dict[PolicyKind, Level] = {}
    signs: dict[str, tuple[str, ...]] = {}
    for name, given in value.items():
        if name in _SIGNS:
            if not isinstance(given, list | tuple) or not all(
                isinstance(each, str) and each for each in given
            ):
                raise ConfigInvalid(place, f"{name} must be a list of patterns, not {given!r}")
            signs[_SIGNS[name]] = tuple(given)
        else:
            levels[_kind(name, place)] = _level(name, given, place)
    return GateSettings(levels, Signs(**signs))


def levels_of(settings: GateSettings, overrides: Sequence[str] = ()) -> Mapping[PolicyKind, Level]:
    """Return what is done about each sort of finding: defaults, the project's table, the command line's ``KIND=LEVEL``.

    Raises:
        ConfigUnknownKey: there is no such policy.
        ConfigInvalid: there is no such level.
    """
    levels = {kind: rule.default for kind, rule in POLICIES.items()}
    levels.update(settings.levels)
    for each in overrides:
        name, _, given = each.partition("=")
        levels[_kind(name, "--policy")] = _level(name, given, "--policy")
    return levels


def words_of(text: str) -> dict[str, str]:
    """Return what the environment variable says: ``skipped-test=off removed-test=fail``."""
    return {name: level for name, _, level in (word.partition("=") for word in text.split())}


def gate_table() -> str:
    """Return the table of keys for docs/reference/configuration.md."""
    rows = ["| key | default | what is found |", "|---|---|---|"]
    rows += [
        f"| `{kind}` | `{rule.default}` | {rule.meaning} |" for kind, rule in POLICIES.items()
    ]
    rows += [f"| `{name}` | `[]` | {_MEANINGS[name]} |" for name in _SIGNS]
    return "\n".join(rows) + "\n"


def _kind(name: str, place: str) -> PolicyKind:
    try:
        return PolicyKind(name)
    except ValueError:
        raise ConfigUnknownKey(name, place, (*map(str, PolicyKind), *_SIGNS)) from None


def _level(name: str, given: object, place: str) -> Level:
    try:
        return Level(given)  # type: ignore[arg-type]  # anything may stand in a file; what is no level raises
    except ValueError:
        raise ConfigInvalid(place, f"{name} must be off, warn or fail, not {given!r}") from None
