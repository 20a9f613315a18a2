"""Options that keep plugins which a throw-away project does not use out of its pytest runs.

They come with our own environment, and starting them takes longer than the rest of such a run: hypothesis alone imports
itself for its part of the summary (0.75 of 1.0 seconds of CPU). Plugins that tdad itself passes options to stay.
"""

from __future__ import annotations

_WITHOUT = ("hypothesispytest", "asyncio", "anyio")

NO_HYPOTHESIS = ("-p", "no:hypothesispytest")
LEAN = tuple(word for name in _WITHOUT for word in ("-p", f"no:{name}"))
ADDOPTS = " ".join(LEAN)
"""For ``addopts`` in a project's pytest configuration."""
