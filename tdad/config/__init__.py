"""Configuration: where the project is, and what it says in ``[tool.tdad]`` and to pytest."""

from tdad.config.distribution import distribution_names
from tdad.config.gate import GateSettings, gate_settings, gate_table, levels_of
from tdad.config.models import ModelEndpoint, is_local
from tdad.config.pytest_ini import PytestIni, looked_into, pytest_ini
from tdad.config.root import find_root
from tdad.config.settings import KEYS, Config, Key, Kind, load, reference_table

__all__ = [
    "KEYS",
    "Config",
    "GateSettings",
    "Key",
    "Kind",
    "ModelEndpoint",
    "PytestIni",
    "distribution_names",
    "find_root",
    "gate_settings",
    "gate_table",
    "is_local",
    "levels_of",
    "load",
    "looked_into",
    "pytest_ini",
    "reference_table",
]
