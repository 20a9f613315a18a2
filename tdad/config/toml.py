"""TOML files, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tdad.errors import ConfigInvalid


def read_toml(path: Path) -> dict[str, Any]:
    """Return what is in ``path``; a file that is not there is an empty one.

    Raises:
        ConfigInvalid: it cannot be read, or is no TOML.
    """
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


def toml_of(data: bytes | None) -> dict[str, Any] | None:
    """What is in one version of a file, an absent one being empty; ``None``: it is no TOML, or nested too deeply."""
    import tomllib

    try:
        return tomllib.loads((data or b"").decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return None


def value_at(document: object, *keys: str) -> object:
    """What is in the innermost of nested tables; ``None``: it is not there."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def tool_table(document: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    """Return the table ``[tool.NAME]`` of a pyproject.toml, empty when there is none.

    Raises:
        ConfigInvalid: it is something else.
    """
    tool = document.get("tool", {})
    table = tool.get(name, {}) if isinstance(tool, dict) else tool
    if not isinstance(table, dict):
        raise ConfigInvalid(str(path), f"tool.{name} must be a table, not {table!r}")
    return table
