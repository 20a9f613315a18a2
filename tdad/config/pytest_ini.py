"""pytest's own configuration: where tests are."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from tdad.config.toml import read_toml, tool_table
from tdad.errors import ConfigInvalid


@dataclass(frozen=True, slots=True)
class PytestIni:
    """What pytest's own configuration says about where tests are. The defaults are pytest's."""

    path: str | None = None
    """The file it was read from, absolute; ``None`` when there is none."""
    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    python_classes: tuple[str, ...] = ("Test",)
    python_functions: tuple[str, ...] = ("test",)
    testpaths: tuple[str, ...] = ()
    """Relative to the project's root, so that they hold for copies of it."""
    addopts: tuple[str, ...] = ()
    """Options of every run."""


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
                found = _pytest_ini(path, section)
                inside = [os.path.relpath(folder / each, root) for each in found.testpaths]
                return replace(
                    found, testpaths=tuple(each.replace(os.sep, "/") for each in inside)
                )
    return PytestIni()


def looked_into(ini: PytestIni) -> Callable[[str], bool]:
    """Whether pytest without arguments looks into a path of the project: all, or those below ``testpaths``."""
    if not ini.testpaths:
        return lambda _path: True

    def inside(path: str) -> bool:
        around = (path, *map(str, PurePosixPath(path).parents))
        return any(fnmatchcase(each, pattern) for each in around for pattern in ini.testpaths)

    return inside


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


def section_of_ini(path: Path, *names: str) -> Mapping[str, Any] | None:
    """Return the first of these sections that the file has, or ``None``.

    Raises:
        ConfigInvalid: the file is no ini file, or cannot be read.
    """
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
    section = read_toml(path).get("pytest", {})
    return section if isinstance(section, dict) else {}


def _dedicated_ini(path: Path) -> Mapping[str, Any] | None:
    return section_of_ini(path, "pytest") or {}


def _pyproject(path: Path) -> Mapping[str, Any] | None:
    table = tool_table(read_toml(path), "pytest", path)
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
    "tox.ini": lambda path: section_of_ini(path, "pytest"),
    "setup.cfg": lambda path: section_of_ini(path, "tool:pytest"),
}
