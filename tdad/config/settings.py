"""Configuration: ``[tool.tdad]``, the environment and the command line, made one frozen :class:`Config`.

Three forms: what was written (toml values, strings of the environment), :data:`KEYS` (what may be written), and
:class:`Config` (what the program works with). Paths in a ``Config`` are as the user wrote them, relative to the project
root. Which files hold tests is read from pytest's own configuration, never repeated here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path
from typing import Any

from tdad.config.gate import GateSettings, gate_settings, words_of
from tdad.config.models import ModelEndpoint, endpoints
from tdad.config.pytest_ini import PytestIni, pytest_ini
from tdad.config.toml import read_toml, tool_table
from tdad.errors import ConfigInvalid, ConfigUnknownKey

_NO_WORDS = {"0", "false", "no", "off"}
_YES_WORDS = {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one run. Field by field as in :data:`KEYS`; ``pytest`` is read from pytest's configuration."""

    source: tuple[str, ...] = ()
    map: str = ".tdad/map.sqlite3"
    exclude: tuple[str, ...] = ()
    lines: bool = False
    python: str | None = None
    limit: int | None = None
    pass_env: tuple[str, ...] = ()
    models: tuple[ModelEndpoint, ...] = ()
    gate: GateSettings = field(default_factory=GateSettings)
    pytest: PytestIni = field(default_factory=PytestIni)


@unique
class Kind(StrEnum):
    """Type of a setting, as the documentation names it."""

    PATHS = "list of paths"
    PATTERNS = "list of patterns"
    PATH = "path"
    FLAG = "boolean"
    COUNT = "positive integer"
    NAMES = "list of names"
    ENDPOINTS = "list of tables"
    POLICIES = "table"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of ``[tool.tdad]``, which is also the environment variable ``TDAD_<NAME>``."""

    name: str
    kind: Kind
    meaning: str

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return "TDAD_" + self.name.upper()


KEYS = (
    Key(
        "source",
        Kind.PATHS,
        "Further folders of project code: outside the project root (`../lib`), or inside it and ignored by git.",
    ),
    Key("map", Kind.PATH, "The map file."),
    Key(
        "exclude",
        Kind.PATTERNS,
        "Files and folders that are no project code. Without a slash a pattern matches a name at any depth, "
        "with one a path from the project root; `*`, `?`, `[…]`, `**`.",
    ),
    Key("lines", Kind.FLAG, "Record lines, not only functions."),
    Key("python", Kind.PATH, "The interpreter that runs the tests."),
    Key("limit", Kind.COUNT, "At most so many tests in an answer."),
    Key(
        "pass_env",
        Kind.NAMES,
        "Environment variables that tests get in the sandbox (`tdad audit`, `tdad fix`) beside the harmless ones, such "
        "as `PATH` and `LANG`; what is named here can be read by the code under test.",
    ),
    Key(
        "models",
        Kind.ENDPOINTS,
        "Endpoints of models, in the order in which they are tried ([keys](#models)); in the environment, base URLs "
        "separated by spaces.",
    ),
    Key(
        "gate",
        Kind.POLICIES,
        "What `tdad gate` does about what it finds ([keys](#gate-policies)); in the environment, `KIND=LEVEL` "
        "separated by spaces.",
    ),
)


def load(root: Path, env: Mapping[str, str], **overrides: object) -> Config:
    """Return the settings of the project at ``root``: command line > ``env`` > pyproject.toml > default.

    ``overrides`` are the command line's; ``None`` was not given. They have the types of toml values.

    Raises:
        ConfigUnknownKey: ``[tool.tdad]`` or ``overrides`` has a key that is not one of :data:`KEYS`.
        ConfigInvalid: a value has the wrong type, or a file cannot be read.
    """
    pyproject = root / "pyproject.toml"
    values: dict[str, Any] = {}
    for name, value in tool_table(read_toml(pyproject), "tdad", pyproject).items():
        values[name] = _checked(name, value, f"[tool.tdad] in {pyproject}")
    for key in KEYS:
        if env.get(key.variable):
            values[key.name] = _from_text(key, env[key.variable])
    for name, value in overrides.items():
        if value is not None:
            values[name] = _checked(name, value, "the command line")
    return Config(**values, pytest=pytest_ini(root))


def reference_table() -> str:
    """Return the table of keys for docs/reference/configuration.md."""
    defaults = Config()
    rows = ["| key | environment | type | default | meaning |", "|---|---|---|---|---|"]
    for key in KEYS:
        default = _as_toml(getattr(defaults, key.name))
        rows.append(
            f"| `{key.name}` | `{key.variable}` | {key.kind} | {default} | {key.meaning} |"
        )
    return "\n".join(rows) + "\n"


def _as_toml(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return f"`{str(value).lower()}`"
        case GateSettings():
            return "`{}`"
        case tuple():
            return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
        case _:
            return f'`"{value}"`'


def _checked(name: str, value: object, where: str) -> object:
    key = next((key for key in KEYS if key.name == name), None)
    if key is None:
        raise ConfigUnknownKey(name, where, tuple(key.name for key in KEYS))
    match key.kind, value:
        case ((Kind.PATHS | Kind.PATTERNS | Kind.NAMES), (list() | tuple())) if all(
            isinstance(item, str) and item for item in value
        ):
            return tuple(value)
        case Kind.PATH, (str() | Path()) if str(value):
            return str(value)
        case Kind.FLAG, bool():
            return value
        case Kind.COUNT, int() if not isinstance(value, bool) and value > 0:
            return value
        case Kind.ENDPOINTS, _:
            return endpoints(value, where)
        case Kind.POLICIES, _:
            return gate_settings(value, where)
    raise ConfigInvalid(where, f"{name} must be a {key.kind}, not {value!r}")


def _from_text(key: Key, text: str) -> object:
    match key.kind:
        case Kind.PATHS:
            value: object = [part for part in text.split(os.pathsep) if part]
        case Kind.PATTERNS | Kind.NAMES | Kind.ENDPOINTS:
            value = text.split()
        case Kind.POLICIES:
            value = words_of(text)
        case Kind.COUNT:
            value = int(text) if text.isascii() and text.isdigit() else text
        case Kind.FLAG:
            word = text.lower()
            value = word in _YES_WORDS if word in _YES_WORDS | _NO_WORDS else text
        case Kind.PATH:
            value = text
    return _checked(key.name, value, f"the environment variable {key.variable}")
