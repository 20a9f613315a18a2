"""Static import closure: tests whose file imports the changed file, directly or through others."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from tdad.evaluation.strategies.modules import modules_of
from tdad.evaluation.strategies.touched import path_of
from tdad.facts import FileFacts

CONFTEST = "conftest.py"


def import_closure(
    node_ids: Sequence[str], files: Mapping[str, FileFacts], paths: Collection[str]
) -> tuple[str, ...]:
    """Tests whose file reaches a changed one through imports; nearest first, then in suite order.

    Importing a module imports the packages it is in, and pytest loads every ``conftest.py`` above a test file.

    Args:
        node_ids: The suite, in its order.
        files: Path → facts of every Python file.
        paths: What changed.
    """
    far = distances(importers(files, {path_of(node_id) for node_id in node_ids}), paths)
    found = [node_id for node_id in node_ids if path_of(node_id) in far]
    return tuple(sorted(found, key=lambda node_id: far[path_of(node_id)]))


def distances(users: Mapping[str, Collection[str]], paths: Collection[str]) -> dict[str, int]:
    """Path → how many imports away from the nearest changed file, of all that reach one."""
    far = dict.fromkeys(paths, 0)
    waiting = deque(sorted(paths))
    while waiting:
        path = waiting.popleft()
        for user in sorted(users.get(path, ())):
            if user not in far:
                far[user] = far[path] + 1
                waiting.append(user)
    return far


def importers(files: Mapping[str, FileFacts], tests: Collection[str]) -> dict[str, set[str]]:
    """Path → files that import it. ``tests``: the test files, which have a conftest."""
    modules = modules_of(files)
    users: dict[str, set[str]] = {}
    for path, facts in files.items():
        conftests = _conftests(path) if path in tests else ()
        for target in (*imported(facts, modules), *(each for each in conftests if each in files)):
            if target != path:
                users.setdefault(target, set()).add(path)
    return users


def imported(facts: FileFacts, modules: Mapping[str, str]) -> Iterator[str]:
    """Files of the project that one file imports. ``modules``: dotted name → path."""
    for one in facts.imports:
        yield from _loaded(one.module, modules)
        if one.name and (submodule := modules.get(f"{one.module}.{one.name}")) is not None:
            yield submodule
    yield from _loaded(facts.module.rpartition(".")[0], modules)
    for plugin in facts.plugins:
        yield from _loaded(plugin, modules)


def _conftests(path: str) -> Iterator[str]:
    for folder in PurePosixPath(path).parents:
        yield (folder / CONFTEST).as_posix()


def _loaded(module: str, modules: Mapping[str, str]) -> Iterator[str]:
    """The module and the packages it is in."""
    while module:
        if module in modules:
            yield modules[module]
        module = module.rpartition(".")[0]
