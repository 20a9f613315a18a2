from __future__ import annotations

import pytest

from tdad.facts_gate import Commit, Origin, Signs
from tdad.gate.authors import author_of, origin_of_event, trailers

ANN = "Ann <ann@example.com>"


def commit(message: str = "Fix", author: str = ANN, committer: str = ANN) -> Origin:
    return Origin((Commit(author, committer, message),))


AGENTS = {
    "a trailer of claude": (
        commit("Fix\n\nCo-Authored-By: Claude Opus <noreply@anthropic.com>"),
        "claude",
        "high",
    ),
    "a trailer before others": (
        commit(
            "Fix\n\nCo-authored-by: Cursor <cursoragent@cursor.com>\n\nSigned-off-by: Ann <ann@example.com>"
        ),
        "cursor",
        "high",
    ),
    "a trailer of codex": (
        commit("Fix\n\nCo-authored-by: Codex <codex@openai.com>"),
        "codex",
        "high",
    ),
    "an author": (
        commit(author="copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>"),
        "copilot",
        "high",
    ),
    "a committer": (
        commit(
            committer="google-labs-jules[bot] <161369871+google-labs-jules[bot]@users.noreply.github.com>"
        ),
        "jules",
        "high",
    ),
    "a login": (Origin(login="devin-ai-integration[bot]"), "devin", "high"),
    "a branch": (Origin(branch="codex/fix-it"), "codex", "medium"),
    "a branch of jules": (Origin(branch="jules-1234567"), "jules", "medium"),
    "a label": (Origin(labels=("Codex",)), "codex", "medium"),
    "a description": (
        Origin(body="🤖 Generated with [Claude Code](https://claude.com)"),
        "claude",
        "medium",
    ),
    "a title": (Origin(title="[codex] Fix it"), "codex", "low"),
    "nothing": (commit(), "", ""),
    "a person called so": (commit(author="Claude Monet <claude@example.com>"), "", ""),
    "a word in the body": (
        Origin(body="as the cursor moves; codex-like; Co-Authored-By: Claude"),
        "",
        "",
    ),
    "dependabot": (Origin(branch="dependabot/npm/codex-1.2", title="Bump codex-cli"), "", ""),
    "an address in prose": (commit("Write to noreply@anthropic.com about it"), "", ""),
}


@pytest.mark.parametrize("name", AGENTS)
def test_agents(name):
    origin, agent, confidence = AGENTS[name]
    found = author_of(origin)
    assert (found.agent, found.confidence) == (agent, confidence)
    assert bool(found.evidence) == bool(agent)


def test_the_strongest_sign_names_the_agent_and_all_its_signs_are_told():
    origin = Origin(
        (Commit(ANN, ANN, "Fix\n\nCo-Authored-By: Claude <noreply@anthropic.com>"),),
        branch="claude/fix",
        title="[codex] Fix",
    )
    assert author_of(origin).evidence == (
        "branch: claude/fix",
        "trailer: Co-Authored-By: Claude <noreply@anthropic.com>",
    )


@pytest.mark.parametrize(
    ("signs", "origin"),
    [
        (Signs(authors=("*-robot",)), commit(author="fix-robot <a@example.com>")),
        (Signs(authors=("bot@example.com",)), commit(author="Bot <bot@example.com>")),
        (Signs(branches=("agent/*",)), Origin(branch="agent/fix")),
        (Signs(labels=("by-agent",)), Origin(labels=("By-Agent",))),
        (Signs(trailers=("assisted-by: *",)), commit("Fix\n\nAssisted-By: house model")),
    ],
)
def test_signs_of_the_project_itself(signs, origin):
    assert author_of(origin).agent == ""
    assert author_of(origin, signs).agent == "configured"


def test_trailers_are_the_last_paragraph_and_credits():
    message = "Fix: it\n\nNote: in the text\n\nCloses: 3\nCo-authored-by: A <a@b>"
    assert trailers(message) == ("Closes: 3", "Co-authored-by: A <a@b>")
    assert trailers("Fix: it") == ()


def test_the_event_of_a_pull_request():
    event = {
        "pull_request": {
            "head": {"ref": "cursor/fix"},
            "user": {"login": "ann"},
            "labels": [{"name": "bug"}, {"name": "codex"}],
            "title": "Fix",
            "body": None,
        }
    }
    assert origin_of_event(event) == Origin((), "cursor/fix", "ann", ("bug", "codex"), "Fix", "")
    assert origin_of_event({"pull_request": [], "x": 1}) == Origin()
