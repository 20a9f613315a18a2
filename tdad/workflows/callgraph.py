"""``tdad graph export --calls``: files → who calls whom."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count
from pathlib import Path, PurePosixPath

from tdad.facts_flow import FlowFacts
from tdad.graph.calls import call_graph
from tdad.source.flow import flow_facts

_FEW = 40
"""So few files are parsed before other processes would have started."""


def export_calls(root: Path, paths: Sequence[str]) -> dict[str, list[str]]:
    """Who calls whom in the Python files ``paths``.

    Args:
        root: folder that module names start from.
        paths: POSIX paths of files relative to ``root``.

    Returns:
        Dotted name of each definition → sorted dotted names of the definitions it calls. Files that cannot be parsed
        count as empty modules.
    """
    jobs = [(root / path, *module_name(path)) for path in sorted(set(paths))]
    if len(jobs) <= _FEW:
        return call_graph([_read(job) for job in jobs])
    with ProcessPoolExecutor(max_workers=min(cpu_count() or 1, 8)) as pool:
        facts = list(pool.map(_read, jobs, chunksize=8))
    collecting = gc.isenabled()
    gc.disable()  # millions of small objects live until the end: looking for garbage among them costs a third
    try:
        return call_graph(facts)
    finally:
        if collecting:
            gc.enable()


def _read(job: tuple[Path, str, bool]) -> FlowFacts:
    path, module, package = job
    return flow_facts(module, path.read_bytes(), package=package)


def module_name(path: str) -> tuple[str, bool]:
    """Dotted name of the file at ``path``, and whether it is the ``__init__`` of a package."""
    parts = PurePosixPath(path).with_suffix("").parts
    if parts[-1] == "__init__" and len(parts) > 1:
        return ".".join(parts[:-1]), True
    return ".".join(parts), False
