"""Times as people type them: ``90s``, ``10m``, ``2h``."""

from __future__ import annotations

import re

from tdad.errors import TimeMalformed

_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")
_UNITS = {"s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}


def seconds_of(text: str) -> float | None:
    """``10m`` → 600; ``None`` when it is no time."""
    found = _TIME.fullmatch(text.strip())
    return None if found is None else float(found[1]) * _UNITS[found[2]]


def seconds_given(option: str, text: str) -> float:
    """As :func:`seconds_of`, of an option.

    Raises:
        TimeMalformed: it is no time.
    """
    found = seconds_of(text)
    if found is None:
        raise TimeMalformed(option, text)
    return found
