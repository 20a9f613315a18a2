"""Configuration: where the project is, and what it says in ``[tool.tdad]`` and to pytest."""

from tdad.config.distribution import distribution_names
from tdad.config.models import ModelEndpoint, is_local
from tdad.config.pytest_ini import PytestIni, looked_into, pytest_ini
from tdad.config.root import find_root
from tdad.config.settings import KEYS, Config, Key, Kind, load, reference_table

__all__ = [
    "KEYS",
    "Config",
    "Key",
    "Kind",
    "ModelEndpoint",
    "PytestIni",
    "distribution_names",
    "find_root",
    "is_local",
    "load",
    "looked_into",
    "pytest_ini",
    "reference_table",
]
