"""Names of models and addresses that are almost right. Pure."""

from __future__ import annotations

import difflib


def nearest(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names most like ``name``, best first; all of them when none is."""
    lower = {each.lower(): each for each in names}
    close = difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.4)
    return tuple(lower[each] for each in close) or names[:3]


def with_v1(url: str) -> str:
    """``url`` with the ``/v1`` that it lacks, else empty."""
    return "" if url.rstrip("/").endswith("/v1") else f"{url.rstrip('/')}/v1"
