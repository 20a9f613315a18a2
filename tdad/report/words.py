"""Counts, times and sizes as a person would write them."""

from __future__ import annotations


def count(number: int, singular: str, plural: str = "") -> str:
    """``1 test``, ``1,301 tests``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def seconds(duration_s: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``."""
    if duration_s < 9.95:
        return f"{duration_s:.1f} s"
    minutes, rest = divmod(round(duration_s), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def ago(age_s: float) -> str:
    """``just now``, ``5 minutes ago``, ``3 days ago``."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if age_s >= size:
            return f"{count(int(age_s // size), unit)} ago"
    return "just now"


def size(size_bytes: int) -> str:
    """``812 B``, ``3.4 kB``, ``12.0 MB``."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    value = float(size_bytes)
    for unit in ("kB", "MB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} GB"
