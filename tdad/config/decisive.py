"""Files that count although no code of the project reads them: what decides how tests run, and compiled code."""

from __future__ import annotations

import re

CONFIGURATION = re.compile(
    r"(?:^|/)(?:pyproject\.toml|pytest\.(?:ini|toml)|\.pytest\.(?:ini|toml)|tox\.ini|setup\.(?:cfg|py)|noxfile\.py"
    r"|[^/]*requirements[^/]*\.(?:txt|in)|constraints[^/]*\.txt|requirements/[^/]+\.(?:txt|in)"
    r"|poetry\.lock|uv\.lock|pdm\.lock|pylock(?:\.[^/]+)?\.toml|Pipfile(?:\.lock)?|environment\.ya?ml"
    r"|conda-lock\.yml|\.python-version|\.coveragerc|\.env)$"
)
"""Files that decide how tests run: no recording can tell what a change in them does."""

COMPILED = re.compile(r"\.(?:pyx|pxd|pxi|c|cc|cpp|cxx|h|hh|hpp|rs|f|f90|so|pyd|dll|dylib)$")
"""Sources and products of extension modules: what runs is not what is read."""


def is_configuration(path: str) -> bool:
    """Whether the file decides how tests run (rule 6)."""
    return CONFIGURATION.search(path) is not None


def decides(path: str) -> bool:
    """Whether a change of the file is met by running everything."""
    return is_configuration(path) or COMPILED.search(path) is not None
