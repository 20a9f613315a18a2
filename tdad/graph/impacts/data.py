"""Rule 6: files that are data, and files that decide how tests run."""

from __future__ import annotations

import posixpath
from functools import partial

from tdad.config.decisive import COMPILED, is_configuration
from tdad.facts import (
    SOURCE_READERS,
    Change,
    ChangeKind,
    Evidence,
    Part,
    Reference,
    ReferenceKind,
    Use,
)
from tdad.graph.impacts.classes import split
from tdad.graph.impacts.importing import tests_importing
from tdad.graph.impacts.readers import read_by
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.uses import used
from tdad.graph.impacts.world import World

_QUESTIONS = frozenset(
    {"exists", "lexists", "isfile", "isdir", "is_file", "is_dir", "islink", "is_symlink"}
    | {"access", "stat", "lstat", "samefile", "getsize", "getmtime", "joinpath", "which"}
)
"""Names of functions that ask the system about a file and raise no audit event."""


def data_file(world: World, spread: Spread, trail: Trail) -> None:
    """Who opened the file, listed its folder, or looked for it in vain; all tests for configuration."""
    change = trail.change
    for path in {change.path, change.old_path or change.path}:
        used(spread, Use.READ, path, trail)
    if change.kind is not ChangeKind.EDITED:
        for path in sorted({change.path, change.old_path or change.path}):
            _listed(world, spread, path, trail)
            _appeared(spread, path, trail)
            _asked_for(world, spread, path, trail)
    if change.part is Part.DATA and change.path.endswith(".py"):
        _source_read(world, spread, trail)
    if change.part is Part.DATA and (precaution(change) is not None):
        step = trail.then("may decide how tests run", change.path, evidence=Evidence.PRECAUTION)
        spread.tests(world.all_tests(), step)


def _source_read(world: World, spread: Spread, trail: Trail) -> None:
    """Who asks ``inspect`` for source text, and has to do with the file: it is read once and kept (``linecache``)."""
    if not world.recorded.is_text_kept(trail.change.old_path or trail.change.path):
        return
    importing = tests_importing(world, trail.change.path)
    for name in sorted(SOURCE_READERS):
        for where, reference in world.mentions(name, partial(_is_last, name)):
            step = trail.only(importing).then("source read by", where, evidence=Evidence.DERIVED)
            read_by(spread, where, step, reference.line)


def _is_last(name: str, reference: Reference) -> bool:
    return reference.chain.rpartition(".")[2] == name


def _listed(world: World, spread: Spread, path: str, trail: Trail) -> None:
    """Whoever listed the folder; a folder that came or went with the file is in the listing of the next one."""
    folder = posixpath.dirname(path)
    while True:
        used(spread, Use.LISTED, folder or ".", trail)
        if not folder or world.has_folder(folder):
            return
        folder = posixpath.dirname(folder)


def _appeared(spread: Spread, path: str, trail: Trail) -> None:
    """Whoever looked for the file, or for one of its folders, and did not find it."""
    while path:
        used(spread, Use.ABSENT, path, trail)
        path = posixpath.dirname(path)


def _asked_for(world: World, spread: Spread, path: str, trail: Trail) -> None:
    """Who has the file's name in a literal, in a file that asks whether files exist: that leaves no trace."""
    name = posixpath.basename(path)
    for where, reference in world.mentions(name.partition(".")[0], partial(_is_literal, name)):
        facts = world.head.get(split(where)[0])
        if facts is not None and any(map(_asks, facts.references)):
            step = trail.then("asked for by", where, evidence=Evidence.DERIVED)
            read_by(spread, where, step, reference.line)


def _is_literal(name: str, reference: Reference) -> bool:
    return reference.kind is ReferenceKind.STRING and reference.chain == name


def _asks(reference: Reference) -> bool:
    called = reference.kind is ReferenceKind.CALL
    return called and reference.chain.rpartition(".")[2] in _QUESTIONS


def precaution(change: Change) -> str | None:
    """Why a change of this file is met by running everything, or ``None``."""
    if change.part is not Part.DATA:
        return None
    if is_configuration(change.path):
        return f"{change.path} decides how tests run: every test is at risk"
    if COMPILED.search(change.path):
        return f"{change.path} is compiled code, which is not observed: every test is at risk"
    if change.detail == "submodule":
        return (
            f"{change.path} is a submodule whose files cannot be compared: every test is at risk"
        )
    return None
