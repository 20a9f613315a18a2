"""The changes that a gate is measured with: seeded faults, changes that happened, and ones that break nothing."""

from __future__ import annotations

import ast
import hashlib
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path

from accuracy_setup import project
from accuracy_trials import historical, seeded

SEEDED, HISTORICAL, HARMLESS = "seeded fault", "historical change", "harmless change"
PLANTED = "tests/test_planted_by_the_measurement.py"
FLAKY = """import random


def test_that_fails_three_times_in_ten():
    assert random.random() >= 0.3
"""
EVERY = 4
"""A flaky test is planted in one of so many harmless changes."""
SEED = 5


@dataclass(frozen=True, slots=True)
class GateTrial:
    """One change, as files that are another."""

    key: str
    kind: str
    what: str
    files: Mapping[str, bytes | None] = field(repr=False)
    planted: bool = False
    """Both versions have a test that fails three times in ten."""


def trials(name: str, seeds: int, past: int, harmless: int) -> Iterator[GateTrial]:
    """Up to so many of each kind, in turn, so that a run that is stopped has some of each."""
    faults = (
        GateTrial(each.key, SEEDED, f"{each.where}: {each.what}", each.files)
        for each, _ in zip(seeded(name, seeds), range(seeds), strict=False)
    )
    happened = (
        GateTrial(each.key, HISTORICAL, f"{each.where}: {each.what}", each.files)
        for each, _ in zip(historical(name), range(past), strict=False)
    )
    turns = zip_longest(faults, happened, harmless_changes(name, harmless))
    return (trial for trial in chain.from_iterable(turns) if trial is not None)


def harmless_changes(name: str, number: int) -> Iterator[GateTrial]:
    """A statement that does nothing, at the beginning of a function that is drawn by chance."""
    root = project(name)
    places = list(_functions(root))
    chosen = random.Random(SEED).sample(places, min(number, len(places)))  # noqa: S311 - a sample
    for count, (path, line, indent) in enumerate(chosen):
        lines = (root / path).read_bytes().splitlines(keepends=True)
        if lines[line - 1][:indent].strip():
            continue  # `def f(\n    x) -> int: ...`: its only statement is on a line of the header
        lines.insert(line - 1, b" " * indent + b"_measured = 0\n")
        planted = count % EVERY == 0
        key = hashlib.sha256(f"{name} {path} {line} {planted}".encode()).hexdigest()[:16]
        yield GateTrial(key, HARMLESS, f"{path} line {line}", {path: b"".join(lines)}, planted)


def _functions(root: Path) -> Iterator[tuple[str, int, int]]:
    """(path, line, indentation) of the first statement, after the docstring, of each function of the code."""
    for file in sorted(root.rglob("src/**/*.py")):
        tree = ast.parse(file.read_bytes())
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                if (
                    body
                    and body[0].lineno > node.lineno
                    and not hasattr(body[0], "decorator_list")
                ):
                    yield file.relative_to(root).as_posix(), body[0].lineno, body[0].col_offset


def commit(root: Path, parent: str, files: Mapping[str, bytes | None]) -> str:
    """Commit files on top of ``parent`` without touching the work tree, the index or a branch."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "GIT_INDEX_FILE": f"{folder}/index"}
        _git(root, env, "read-tree", parent)
        for path, data in sorted(files.items()):
            if data is None:
                _git(root, env, "update-index", "--force-remove", path)
                continue
            blob = _git(root, env, "hash-object", "-w", "--stdin", data=data)
            _git(root, env, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        tree = _git(root, env, "write-tree")
        who = ("-c", "user.name=measure", "-c", "user.email=measure@example.org")
        return _git(root, env, *who, "commit-tree", tree, "-p", parent, "-m", "a change")


def _git(root: Path, env: Mapping[str, str], *arguments: str, data: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=env, input=data, capture_output=True, check=True
    )
    return done.stdout.decode().strip()
