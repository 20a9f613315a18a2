"""Configuration: ``[tool.tdad]``, the environment and the command line, made one frozen :class:`Config`.

Three forms: what was written (toml values, strings of the environment), :data:`KEYS` (what may be written), and
:class:`Config` (what the program works with). Paths in a ``Config`` are as the user wrote them, relative to the project
root. Which files hold tests is read from pytest's own configuration, never repeated here.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum, unique
from pathlib import Path
from typing import Any

from tdad.errors import ConfigInvalid, ConfigUnknownKey

_MENTIONS_TDAD = re.compile(rb"tool\s*\.\s*[\"']?tdad|tool\s*\]|tool\s*=")
_ROOT_MARKERS = ("pyproject.toml", "setup.py", "pytest.ini")
_NO_WORDS = {"0", "false", "no", "off"}
_YES_WORDS = {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class PytestIni:
    """What pytest's own configuration says about where tests are. The defaults are pytest's."""

    path: str | None = None
    """The file it was read from, absolute; ``None`` when there is none."""
    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    python_classes: tuple[str, ...] = ("Test",)
    python_functions: tuple[str, ...] = ("test",)
    testpaths: tuple[str, ...] = ()
    """As written: relative to the folder of ``path``."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one run. Field by field as in :data:`KEYS`; ``pytest`` is read from pytest's configuration."""

    source: tuple[str, ...] = ()
    map: str = ".tdad/map.sqlite3"
    exclude: tuple[str, ...] = ()
    lines: bool = False
    python: str | None = None
    limit: int | None = None
    pytest: PytestIni = PytestIni()


@unique
class Kind(StrEnum):
    """Type of a setting, as the documentation names it."""

    PATHS = "list of paths"
    PATTERNS = "list of patterns"
    PATH = "path"
    FLAG = "boolean"
    COUNT = "positive integer"


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
)


def find_root(start: Path) -> Path:
    """Return the project root for a command that runs in ``start``.

    The nearest folder upwards whose pyproject.toml has ``[tool.tdad]``; else the git toplevel; else the nearest with
    a pyproject.toml, setup.py or pytest.ini; else ``start``. Absolute, symbolic links as the user has them.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100 - Path.absolute keeps '..', which has no parents to walk
    folders = (start, *start.parents)
    for test in (_has_table, _is_toplevel, _has_marker):
        for folder in folders:
            if test(folder):
                return folder
    return start


def load(root: Path, env: Mapping[str, str], **overrides: object) -> Config:
    """Return the settings of the project at ``root``: ``overrides`` (command line) > ``env`` > pyproject.toml > default.

    An override that is ``None`` was not given. Overrides have the types of toml values.

    Raises:
        ConfigUnknownKey: ``[tool.tdad]`` or ``overrides`` has a key that is not one of :data:`KEYS`.
        ConfigInvalid: a value has the wrong type, or a file cannot be read.
    """
    pyproject = root / "pyproject.toml"
    values: dict[str, Any] = {}
    for name, value in _table(_read_toml(pyproject), "tdad", pyproject).items():
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
        case tuple():
            return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
        case _:
            return f'`"{value}"`'


# --------------------------------------------------------------------------------------------------------------------
# Values
# --------------------------------------------------------------------------------------------------------------------


def _checked(name: str, value: object, where: str) -> object:
    key = next((key for key in KEYS if key.name == name), None)
    if key is None:
        raise ConfigUnknownKey(name, where, tuple(key.name for key in KEYS))
    match key.kind, value:
        case ((Kind.PATHS | Kind.PATTERNS), (list() | tuple())) if all(
            isinstance(item, str) and item for item in value
        ):
            return tuple(value)
        case Kind.PATH, (str() | Path()) if str(value):
            return str(value)
        case Kind.FLAG, bool():
            return value
        case Kind.COUNT, int() if not isinstance(value, bool) and value > 0:
            return value
    raise ConfigInvalid(where, f"{name} must be a {key.kind}, not {value!r}")


def _from_text(key: Key, text: str) -> object:
    match key.kind:
        case Kind.PATHS:
            value: object = [part for part in text.split(os.pathsep) if part]
        case Kind.PATTERNS:
            value = text.split()
        case Kind.COUNT:
            value = int(text) if text.isascii() and text.isdigit() else text
        case Kind.FLAG:
            word = text.lower()
            value = word in _YES_WORDS if word in _YES_WORDS | _NO_WORDS else text
        case Kind.PATH:
            value = text
    return _checked(key.name, value, f"the environment variable {key.variable}")


# --------------------------------------------------------------------------------------------------------------------
# Files
# --------------------------------------------------------------------------------------------------------------------


def _read_toml(path: Path) -> dict[str, Any]:
    """Parse ``path``; a file that is not there is an empty one."""
    import tomllib

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(str(path), f"it cannot be read ({error})") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\bline (\d+)", str(error))
        number = int(line[1]) if line else text.count("\n") + 1
        raise ConfigInvalid(str(path), f"it is not valid TOML: {error}", number) from error
    except RecursionError as error:
        raise ConfigInvalid(str(path), "it is nested too deeply") from error


def _table(document: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    tool = document.get("tool", {})
    table = tool.get(name, {}) if isinstance(tool, dict) else tool
    if not isinstance(table, dict):
        raise ConfigInvalid(str(path), f"tool.{name} must be a table, not {table!r}")
    return table


def _has_table(folder: Path) -> bool:
    path = folder / "pyproject.toml"
    try:
        if not _MENTIONS_TDAD.search(path.read_bytes()):
            return False
        return "tdad" in _read_toml(path).get("tool", {})
    except OSError:
        return False
    except ConfigInvalid:
        # It names [tool.tdad] and is broken: this is the root, and load() says what is wrong with it.
        return b"tool.tdad" in path.read_bytes()


def _is_toplevel(folder: Path) -> bool:
    git = folder / ".git"
    return git.is_file() or (git / "HEAD").exists()


def _has_marker(folder: Path) -> bool:
    return any((folder / marker).is_file() for marker in _ROOT_MARKERS)


# --------------------------------------------------------------------------------------------------------------------
# pytest's own configuration
# --------------------------------------------------------------------------------------------------------------------


def pytest_ini(root: Path) -> PytestIni:
    """Return what the configuration that pytest would take for a run in ``root`` says about tests.

    Looks where pytest looks (https://docs.pytest.org/en/stable/reference/customize.html#finding-the-rootdir): in each
    folder upwards from ``root``, the first file that has a pytest section.

    Raises:
        ConfigInvalid: that file cannot be parsed, or a list in it is not one of strings.
    """
    for folder in (root, *root.parents):
        for name, read in _PYTEST_FILES.items():
            path = folder / name
            if path.is_file() and (section := read(path)) is not None:
                return _pytest_ini(path, section)
    return PytestIni()


def _pytest_ini(path: Path, section: Mapping[str, Any]) -> PytestIni:
    values = {
        field.name: tuple(_words(path, field.name, section[field.name]))
        for field in fields(PytestIni)
        if field.name != "path" and field.name in section
    }
    return PytestIni(str(path), **values)


def _words(path: Path, name: str, value: object) -> Iterator[str]:
    """Yield the items of an ini value of pytest's type ``args``."""
    if isinstance(value, str):
        try:
            yield from shlex.split(value)
        except ValueError as error:
            raise ConfigInvalid(str(path), f"{name}: {error}") from error
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield from value
    else:
        raise ConfigInvalid(str(path), f"{name} must be a list of strings, not {value!r}")


def _section_of_ini(path: Path, *names: str) -> Mapping[str, Any] | None:
    from iniconfig import IniConfig, ParseError

    try:
        ini = IniConfig(str(path), path.read_text(encoding="utf-8-sig"))
    except ParseError as error:
        line = error.lineno + 1
        raise ConfigInvalid(str(path), f"it is not valid: {error.msg}", line) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(str(path), f"it cannot be read ({error})") from error
    for name in names:
        if name in ini:
            return dict(ini[name].items())
    return None


def _pytest_toml(path: Path) -> Mapping[str, Any] | None:
    section = _read_toml(path).get("pytest", {})
    return section if isinstance(section, dict) else {}


def _dedicated_ini(path: Path) -> Mapping[str, Any] | None:
    return _section_of_ini(path, "pytest") or {}


def _pyproject(path: Path) -> Mapping[str, Any] | None:
    table = _table(_read_toml(path), "pytest", path)
    native = {name: value for name, value in table.items() if name != "ini_options"}
    ini_options = table.get("ini_options")
    return native or (ini_options if isinstance(ini_options, dict) else None)


# In the order in which pytest looks; the first four count even when they are empty.
_PYTEST_FILES: Mapping[str, Callable[[Path], Mapping[str, Any] | None]] = {
    "pytest.toml": _pytest_toml,
    ".pytest.toml": _pytest_toml,
    "pytest.ini": _dedicated_ini,
    ".pytest.ini": _dedicated_ini,
    "pyproject.toml": _pyproject,
    "tox.ini": lambda path: _section_of_ini(path, "pytest"),
    "setup.cfg": lambda path: _section_of_ini(path, "tool:pytest"),
}
