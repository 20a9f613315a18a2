"""Configuration: where the project is, and what it says in ``[tool.tdad]`` and to pytest."""

from tdad.config.models import ModelEndpoint, is_local
from tdad.config.pytest_ini import PytestIni, pytest_ini, testpaths
from tdad.config.root import find_root
from tdad.config.settings import KEYS, Config, Key, Kind, load, reference_table

__all__ = [
    "KEYS",
    "Config",
    "Key",
    "Kind",
    "ModelEndpoint",
    "PytestIni",
    "find_root",
    "is_local",
    "load",
    "pytest_ini",
    "reference_table",
    "testpaths",
]
