"""Commits, and the files of one commit written to a folder, without touching the user's work tree or index."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tdad.repo.git import Git, failure, run_git


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit that is no merge."""

    id: str
    parent: str
    subject: str
    changed: tuple[str, ...]
    """Paths that differ from the parent, relative to the folder of the repository that was opened."""


def commits(git: Git, most: int) -> Iterator[Commit]:
    """Yield up to ``most`` commits of HEAD that have one parent, newest first.

    Raises:
        GitFailed: git does not answer, e.g. before the first commit.
    """
    text = git.run("log", "--no-merges", f"--max-count={most}", "--format=%H%x00%P%x00%s")
    for line in os.fsdecode(text).splitlines():
        identity, parents, subject = line.split("\0", 2)
        if len(parents.split()) != 1:
            continue
        names = git.run("diff-tree", "-r", "-z", "--no-renames", "--name-only", parents, identity)
        paths = tuple(git.relative(name) for name in os.fsdecode(names).split("\0") if name)
        yield Commit(identity, parents, subject, paths)


def check_out(git: Git, commit: str, target: Path) -> None:
    """Write the files of ``commit`` to ``target``, by an index of its own.

    Raises:
        GitFailed: the commit is not there, or there is no room.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tdad-index-") as folder:
        env = {**git.env, "GIT_INDEX_FILE": str(Path(folder) / "index")}
        for arguments in (
            ("read-tree", commit),
            ("checkout-index", "--all", "--quiet", f"--prefix={target}/"),
        ):
            done = run_git(git.toplevel, arguments, env)
            if done.returncode:
                raise failure(git.toplevel, arguments, done.stderr)


def blobs(git: Git, commit: str, paths: Sequence[str]) -> dict[str, bytes | None]:
    """Path (relative to the folder that was opened) → content in ``commit``; ``None``: it is not there."""
    found: dict[str, bytes | None] = {}
    for path in paths:
        name = f"{git.prefix}/{path}" if git.prefix else path
        done = git.ask("cat-file", "blob", f"{commit}:{os.path.normpath(name)}")
        found[path] = done.stdout if done.returncode == 0 else None
    return found
