"""The parts of a repair that can be switched off; apart from the other facts, for the command line names them."""

from __future__ import annotations

from collections.abc import Mapping

SEARCH_ARMS = ("revert", "template", "held-back")
MODEL_ARMS = (
    "gates",
    "collect",
    "map",
    "suspects",
    "verify",
    "thinking",
    "nudges",
    "elision",
    "carry",
)
"""What can be switched off: static checks of edits; edits after which tests cannot be collected are refused; the map in
the prompt; suspects and their source in the prompt; tests at risk after each edit; the model's thinking; words about
circles; leaving out old observations; lines about earlier attempts."""
_ALWAYS = frozenset({"thinking", "nudges", "elision", "carry"})
PRESETS: Mapping[str, frozenset[str]] = {
    "A": _ALWAYS,
    "B": _ALWAYS | {"collect"},
    "C": _ALWAYS | {"map"},
    "D": _ALWAYS | {"suspects"},
    "E": _ALWAYS | {"verify"},
    "F": frozenset(MODEL_ARMS),
    "G": frozenset(MODEL_ARMS) - {"thinking"},
}
"""The arms of the comparison: plain, plain with one part, all, all without thinking."""
