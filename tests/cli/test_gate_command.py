"""What ``tdad gate`` says where there is nothing to compare: before anything runs, with what to type next."""

from __future__ import annotations

import os
import subprocess

import pytest


def git(folder, *arguments):
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(project):
    git(".", "init", "-q", "-b", "main")
    git(".", "add", "--all")
    for message in ("one", "two"):
        git(".", "commit", "-q", "--allow-empty", "-m", message)


def test_without_a_repository_it_does_not_speak_of_another_command(tdad, project):
    result = tdad("gate", "--base", "main")
    assert (result.code, result.out) == (3, "")
    assert "[not-a-repository]" in result.err
    assert "git init" in result.err
    assert "tdad impact" not in result.err


@pytest.mark.parametrize("option", ["--base", "--head"])
def test_a_revision_that_is_not_there(tdad, repository, option):
    given = {"--base": "main", option: "mian"}
    result = tdad("gate", *(word for pair in given.items() for word in pair))
    assert (result.code, result.out) == (3, "")
    assert "did you mean main? See which branches there are: git branch --all" in result.err
    assert "[revision-unknown]" in result.err


def test_a_shallow_clone_says_what_to_fetch_and_what_ci_needs(tdad, repository, tmp_path):
    git(".", "clone", "-q", "--depth=1", f"file://{tmp_path}", "clone")
    os.chdir("clone")
    result = tdad("gate", "--base", "HEAD~1")
    assert (result.code, result.out) == (3, "")
    assert "fetch-depth: 0" in result.err
    assert "git fetch --unshallow" in result.err


def test_a_budget_that_is_no_time_is_wrong_usage(tdad, repository):
    assert tdad("gate", "--base", "main", "--budget", "soon").code == 2
