"""Who made a change: commits, the event of a GitHub workflow, the variables of a GitLab job."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from tdad.config import GateSettings
from tdad.facts_gate import Author, Commit, Origin
from tdad.gate.authors import author_of, origin_of_event
from tdad.repo.git import Git

_COMMITS = 200
"""Of a branch so many are looked at for signs of an agent, the newest."""


def author_here(
    git: Git, baseline: str, head: str, settings: GateSettings, environ: Mapping[str, str]
) -> Author:
    """Return which agent made the change, by its commits and, on GitHub, by the pull request.

    Args:
        git: The repository.
        baseline: Commit.
        head: Commit.
        settings: The project's own signs.
        environ: Of the process: ``GITHUB_EVENT_PATH``, ``GITHUB_HEAD_REF``, ``CI_COMMIT_REF_NAME``.
    """
    commits = tuple(_commits(git, baseline, head))
    origin = origin_of_event(_event(environ), commits)
    if not origin.branch:
        origin = Origin(
            commits,
            environ.get("GITHUB_HEAD_REF")
            or environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")
            or environ.get("CI_COMMIT_REF_NAME")
            or _branch(git),
            origin.login,
            (*origin.labels, *_labels(environ)),
            origin.title or environ.get("CI_MERGE_REQUEST_TITLE", ""),
            origin.body or environ.get("CI_MERGE_REQUEST_DESCRIPTION", ""),
        )
    return author_of(origin, settings.signs)


def _labels(environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(each for each in environ.get("CI_MERGE_REQUEST_LABELS", "").split(",") if each)


def _commits(git: Git, baseline: str, head: str) -> Iterator[Commit]:
    """Yield the commits between two versions, merges as well: a squashed change has one."""
    form = "--format=%an <%ae>%x00%cn <%ce>%x00%B%x00%x00"
    said = git.run("log", f"-{_COMMITS}", form, f"{baseline}..{head}").decode("utf-8", "replace")
    for block in said.split("\0\0"):
        parts = block.strip("\n").split("\0")
        if len(parts) == 3:
            yield Commit(*parts)


def _branch(git: Git) -> str:
    found = git.ask("symbolic-ref", "--quiet", "--short", "HEAD")
    return found.stdout.decode("utf-8", "replace").strip() if found.returncode == 0 else ""


def _event(environ: Mapping[str, str]) -> Mapping[str, object]:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return event if isinstance(event, dict) else {}
