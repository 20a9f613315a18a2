"""Files → who calls whom: reading and parsing them, in several processes where that pays."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count
from pathlib import Path

from tdad.facts_flow import FlowFacts, Import, ImportFrom, ImportStar
from tdad.graph.calls import call_graph
from tdad.source.flow import flow_facts
from tdad.source.flow.modules import imported_names, module_names, runs_as_scripts

_FEW = 40
"""So few files are parsed before other processes would have started."""


def export_calls(
    root: Path,
    paths: Sequence[str],
    *,
    entry: str = "",
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, list[str]]:
    """Who calls whom in the Python files ``paths``.

    Args:
        root: folder that module names start from.
        paths: POSIX paths of files relative to ``root``.
        entry: one of them: only that file, and what it imports, directly or not; empty: all.
        tell: takes a sentence about each file that could not be read and each bound that was reached.

    Returns:
        Dotted name of each definition → sorted dotted names of the definitions it calls. Files that cannot be parsed
        count as empty modules.
    """
    contents = {path: (root / path).read_bytes() for path in sorted(set(paths))}
    names = module_names({path: imported_names(text) for path, text in contents.items()})
    jobs = {path: (*names[path], text) for path, text in contents.items()}
    facts = _reachable(jobs, entry) if entry else _parsed(list(jobs.values()))
    for each in facts:
        if each.error is not None:
            tell(f"{each.module} counts as empty: {each.error}")
    collecting = gc.isenabled()
    gc.disable()  # millions of small objects live until the end: looking for garbage among them costs a third
    try:
        return call_graph(facts, tell)
    finally:
        if collecting:
            gc.enable()


def starting_folder(folder: Path) -> Path:
    """Where the dotted names of the files in ``folder`` start: the folder that their outermost package is in.

    A folder whose files import each other by bare names is where they start, also with an ``__init__.py``.
    """
    if not (folder / "__init__.py").exists():
        return folder
    files = {path.name: imported_names(path.read_bytes()) for path in folder.glob("*.py")}
    if runs_as_scripts(files):
        return folder
    while (folder / "__init__.py").exists() and folder != folder.parent:
        folder = folder.parent
    return folder


Job = tuple[str, bool, bytes]
"""Dotted name, whether it is a package, content."""


def _parsed(jobs: Sequence[Job]) -> list[FlowFacts]:
    if len(jobs) <= _FEW:
        return [_read(job) for job in jobs]
    with ProcessPoolExecutor(max_workers=min(cpu_count() or 1, 8)) as pool:
        return list(pool.map(_read, jobs, chunksize=8))


def _read(job: Job) -> FlowFacts:
    module, package, content = job
    return flow_facts(module, content, package=package)


def _reachable(jobs: dict[str, Job], entry: str) -> list[FlowFacts]:
    """Facts of the file ``entry`` and of all files that it imports, directly or not."""
    by_name = {job[0]: job for job in jobs.values()}
    found: dict[str, FlowFacts] = {}
    waiting = [jobs[entry][0]]
    while waiting:
        name = waiting.pop()
        if name in found or name not in by_name:
            continue
        found[name] = _read(by_name[name])
        for module in _imported(found[name]):
            waiting.extend(_outward(module))
    return list(found.values())


def _imported(facts: FlowFacts) -> Iterable[str]:
    for scope in facts.scopes:
        for operation in scope.operations:
            if isinstance(operation, ImportFrom):
                yield f"{operation.module}.{operation.name}"
            elif isinstance(operation, (Import, ImportStar)):
                yield operation.module


def _outward(name: str) -> Iterable[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]
