from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tdad.config import GateSettings
from tdad.repo.git import discover
from tdad.workflows.gate_author import author_here

TRAILER = "Fix\n\nCo-Authored-By: Claude <noreply@anthropic.com>"


def git(folder: Path, *args: str) -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    done = subprocess.run(
        ["git", *identity, *args], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    git(tmp_path, "checkout", "-q", "-b", "feature")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "Plain\n\nwith a body")
    return tmp_path


def who(folder: Path, **environ: str) -> tuple[str, tuple[str, ...]]:
    found = author_here(discover(folder), "main", "HEAD", GateSettings(), environ)
    return found.agent, found.evidence


def test_commits_of_the_change_and_no_others(repository):
    assert who(repository) == ("", ())
    git(repository, "commit", "-q", "--allow-empty", "-m", TRAILER)
    git(repository, "commit", "-q", "--allow-empty", "-m", "Last")
    assert who(repository) == (
        "claude",
        ("trailer: Co-Authored-By: Claude <noreply@anthropic.com>",),
    )
    git(repository, "branch", "-qf", "main", "HEAD")
    assert who(repository) == ("", ())


def test_branches_and_what_ci_says(repository, tmp_path):
    assert who(repository, GITHUB_HEAD_REF="codex/fix") == ("codex", ("branch: codex/fix",))
    assert who(repository, CI_MERGE_REQUEST_LABELS="bug,codex")[0] == "codex"
    event = tmp_path / "event.json"
    event.write_text(
        json.dumps({"pull_request": {"user": {"login": "cursor[bot]"}, "head": {"ref": "x"}}})
    )
    assert who(repository, GITHUB_EVENT_PATH=str(event)) == ("cursor", ("login: cursor[bot]",))
    event.write_text("no json")
    assert who(repository, GITHUB_EVENT_PATH=str(event)) == ("", ())
