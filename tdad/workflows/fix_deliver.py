"""What is done with the best patch: into the user's tree, onto a branch, into a file; each only when asked for."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tdad.errors import FixBranchExists, FixTreeChanged, GitFailed, NotARepository
from tdad.facts_fix import Patch
from tdad.repo.git import find
from tdad.repo.revisions import head
from tdad.repo.worktrees import commit_tree, make_branch
from tdad.workflows.fix_folder import RunFolder, write_whole
from tdad.workflows.fix_ground import Ground
from tdad.workflows.head import read_bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the patch shall go; nothing given: it stays in the run's folder."""

    apply: bool = False
    branch: str | None = None
    output: str | None = None


def check_delivery(ground: Ground, delivery: Delivery) -> None:
    """Refuse at once what could not be done at the end.

    Raises:
        NotARepository: a branch is asked for where there is no repository with a commit.
        FixBranchExists: there is such a branch, or the name is none.
    """
    if delivery.branch is None:
        return
    git = find(ground.project.root)
    if git is None or head(git) is None:
        raise NotARepository(
            str(ground.project.root),
            "there is no repository with a commit",
            "Write the patch to a file instead: tdad fix --output fix.patch",
        )
    if git.ask("check-ref-format", "--branch", delivery.branch).returncode:
        raise FixBranchExists(delivery.branch, "git takes no such name")
    if (
        git.ask("rev-parse", "--verify", "--quiet", f"refs/heads/{delivery.branch}").returncode
        == 0
    ):
        raise FixBranchExists(delivery.branch, "it exists")


def deliver(ground: Ground, run: RunFolder, patch: Patch, why: str, delivery: Delivery) -> str:
    """Do what was asked for; return what was done, for the report.

    Raises:
        FixTreeChanged: a file that the patch touches was changed meanwhile; nothing was applied.
        FixBranchExists, GitFailed: the branch cannot be made.
        OSError: the file cannot be written.
    """
    if delivery.apply:
        _apply(ground, run, patch)
        return f"applied to {len(patch)} file{'' if len(patch) == 1 else 's'} of your tree"
    if delivery.branch is not None:
        return _branch(ground, patch, why, delivery.branch)
    if delivery.output is not None:
        text = run.patch_path.read_bytes()
        if delivery.output == "-":
            os.write(1, text)
            return "written to standard output"
        write_whole(Path(delivery.output), text)
        return f"written to {delivery.output}"
    return ""


def _apply(ground: Ground, run: RunFolder, patch: Patch) -> None:
    """Write all files, or none if one of them is not what it was."""
    root = ground.project.root
    for path in patch:
        if (root / path).is_symlink() or read_bytes(root / path) != ground.read(path):
            raise FixTreeChanged(path, str(run.patch_path))
    for path, data in patch.items():
        if data is None:
            (root / path).unlink()
        else:
            _replace(root / path, data)


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that it is never there in part; its mode stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)  # noqa: PTH101 - a name, not a Path
        os.replace(name, path)  # noqa: PTH105 - a name, not a Path
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _branch(ground: Ground, patch: Patch, why: str, name: str) -> str:
    """One commit with the patch; before it, if there was uncommitted work, one with that."""
    git = find(ground.project.root)
    assert git is not None
    parent = head(git)
    dirty = bool(git.run("status", "--porcelain").strip())
    root, start = ground.project.root, ground.start
    if dirty:
        parent = commit_tree(root, start, "Uncommitted work, as tdad fix found it", parent)
    for path, data in patch.items():  # nothing runs in this worktree any more
        target = ground.root / path
        target.unlink(missing_ok=True)
        if data is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    inside = [os.path.normpath(f"{ground.inside}/{path}") for path in patch]
    commit = commit_tree(root, start, f"tdad fix: {why}", parent, inside)
    try:
        make_branch(root, name, commit)
    except GitFailed as error:
        raise FixBranchExists(name, str(error)) from error
    return f"committed to the branch {name}" + (" (after your uncommitted work)" if dirty else "")
