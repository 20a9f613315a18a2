"""Names of commits: what ``--base REV`` means."""

from __future__ import annotations

import difflib

from tdad.errors import (
    GitFailed,
    RevisionAmbiguous,
    RevisionShallow,
    RevisionUnknown,
    RevisionUnrelated,
)
from tdad.repo.git import Git


def base_commit(git: Git, base: str | None, *, exact: bool = False) -> str:
    """Return the id of the commit (or of the empty tree) that a change is compared with.

    ``None``: HEAD, or the empty tree before the first commit. A name: where HEAD left it (their merge base), so that
    what others did on it since is no change of ours; ``exact``: that very commit.

    Raises:
        RevisionUnknown, RevisionAmbiguous: git does not know one commit of that name.
        RevisionShallow: the clone does not hold it, or not the merge base.
        RevisionUnrelated: there is no merge base.
    """
    if base is None:
        return head(git) or empty_tree(git)
    commit = resolve(git, base)
    if exact:
        return commit
    done = git.ask("merge-base", commit, "HEAD")
    if done.returncode == 0:
        return done.stdout.split()[0].decode()
    if head(git) is None:
        raise RevisionUnrelated(base)
    raise RevisionShallow(base) if git.shallow else RevisionUnrelated(base)


def merge_base(git: Git, base: str, other: str, name: str) -> str:
    """Return the commit where ``other`` left ``base``; ``name`` is what the user calls the base.

    Raises:
        RevisionShallow: the clone does not hold it.
        RevisionUnrelated: there is none.
    """
    done = git.ask("merge-base", base, other)
    if done.returncode == 0:
        return done.stdout.split()[0].decode()
    raise RevisionShallow(name) if git.shallow else RevisionUnrelated(name)


def head(git: Git) -> str | None:
    """Return the id of HEAD; ``None`` before the first commit."""
    done = git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return done.stdout.decode().strip() or None


def empty_tree(git: Git) -> str:
    """Return the id of the empty tree in the repository's hash."""
    return git.run("hash-object", "-t", "tree", "--stdin").decode().strip()


def resolve(git: Git, revision: str) -> str:
    """Return the id of the commit that ``revision`` names.

    Raises:
        RevisionUnknown, RevisionAmbiguous, RevisionShallow: see :func:`base_commit`.
    """
    if not revision.strip() or "\0" in revision:
        raise RevisionUnknown(revision, ())
    done = git.ask("rev-parse", "--verify", "--end-of-options", revision + "^{commit}")
    said = done.stderr.decode("utf-8", "replace")
    if "is ambiguous" in said:
        raise RevisionAmbiguous(revision, _candidates(git, revision))
    if done.returncode == 0:
        return done.stdout.decode().strip()
    if git.shallow:
        raise RevisionShallow(revision)
    raise RevisionUnknown(revision, _nearest(git, revision))


def _candidates(git: Git, revision: str) -> tuple[str, ...]:
    """Return what ``revision`` may stand for: full names of references, else ids of commits."""
    names = git.ask("for-each-ref", "--format=%(refname)").stdout.decode("utf-8", "replace")
    references = [
        name for name in names.split() if name.split("/", 2)[-1] == revision or name == revision
    ]
    if len(references) < 2:
        commits = git.ask("rev-parse", f"--disambiguate={revision}").stdout.decode()
        references = references or commits.split()
    return tuple(references) or (revision,)


def _nearest(git: Git, revision: str) -> tuple[str, ...]:
    """Return up to three names of references that look like ``revision``."""
    try:
        text = git.run("for-each-ref", "--format=%(refname:short)").decode("utf-8", "replace")
    except GitFailed:
        return ()
    names = text.split()
    same_branch = [name for name in names if name.endswith("/" + revision)]
    close = difflib.get_close_matches(revision, names, 3, 0.7)
    return tuple(dict.fromkeys(same_branch + close))[:3]
