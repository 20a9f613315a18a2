"""What a project calls itself: the name under which it is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tdad.config.pytest_ini import section_of_ini
from tdad.config.toml import read_toml
from tdad.errors import ConfigInvalid


def distribution_names(folder: Path) -> frozenset[str]:
    """Return the normalised names that pyproject.toml and setup.cfg in ``folder`` give; what is broken gives none."""
    try:
        document = read_toml(folder / "pyproject.toml")
    except ConfigInvalid:
        document = {}
    tables = [
        document.get("project"),
        _table(document.get("tool")).get("poetry"),
        _metadata(folder),
    ]
    names = [_table(table).get("name") for table in tables]
    return frozenset(normalised(name) for name in names if isinstance(name, str) and name)


def normalised(name: str) -> str:
    """The name as the package index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _metadata(folder: Path) -> Mapping[str, Any] | None:
    path = folder / "setup.cfg"
    try:
        return section_of_ini(path, "metadata") if path.is_file() else None
    except ConfigInvalid:
        return None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
