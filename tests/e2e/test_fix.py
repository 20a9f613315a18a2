"""``tdad fix`` on a small project: each test is one real run of the command, sandbox and worktrees included."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import jsonschema
import pytest

from tests.e2e.fix_project import BROKEN, HARMLESS, Shop, make_shop

SCHEMA = Path(__file__).parents[2] / "docs/reference/schemas/fix-1.schema.json"
GOOD_LINE = "self.total() <= LIMIT"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def test_uncommitted_work_is_undone_as_little_as_possible(shop: Shop) -> None:
    shop.edit(BROKEN, HARMLESS)
    hook = shop.root / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {shop.root}/hooked\n")
    hook.chmod(0o755)
    left = shop.private / "left"
    shop.git("worktree", "add", "--quiet", "--detach", str(left), "HEAD")
    (shop.root / "hooked").unlink()  # by the command above; ours must not run it
    before = shop.snapshot()
    index = (shop.root / ".git/index").read_bytes()
    done = shop.fix("--json")
    assert done.code == 0, done.err
    document = done.document
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    assert document["end"] == "fixed"
    assert document["patch"]["arm"] == "revert"
    assert "1 hunk" in document["patch"]["why"]
    assert document["targets"] == [
        "test_shop.py::test_allowed_at_the_limit",
        "test_shop.py::test_allowed_at_the_limit_in_parts",
    ]
    measured = document["patch"]["measured"]
    assert measured["fixed"] == document["targets"]
    assert (measured["broken"], measured["whole_suite"], measured["ran"]) == ([], True, 6)
    assert document["suspects"][0]["definition"] == "shop.py::Cart.allowed"
    assert document["patch"]["diff"].count("\n+") == 2
    assert shop.snapshot() == before
    assert (shop.root / ".git/index").read_bytes() == index
    shop.git("worktree", "remove", "--force", str(left))
    shop.assert_nothing_left()
    run = shop.runs[0]
    assert json.loads((run / "fix-report.json").read_text()) == document
    shop.git("apply", "--check", str(run / "best.patch"))


def test_with_a_good_version_the_patch_is_applied_when_asked_for(shop: Shop) -> None:
    good = shop.git("rev-parse", "HEAD").strip()
    shop.edit(HARMLESS)
    shop.commit("harmless")
    shop.edit(BROKEN)
    shop.commit("broken")
    done = shop.fix(
        "--good", good[:10], "--apply", "--test", "test_shop.py::test_allowed_at_the_limit"
    )
    assert done.code == 0, done.err
    assert "applied to 1 file of your tree" in done.out
    assert shop.git("status", "--porcelain").split() == ["M", "shop.py"]
    text = (shop.root / "shop.py").read_text()
    assert GOOD_LINE in text
    assert HARMLESS[1] in text, "what did no harm stays"
    shop.assert_nothing_left()


def test_a_good_version_is_found_by_bisection_and_killed_runs_are_cleaned_up(shop: Shop) -> None:
    shop.edit(BROKEN)
    shop.commit("broken")
    for number in range(4):
        shop.edit(("A shop", f"{number} A shop"))
        shop.commit(f"harmless {number}")
    process = shop.start_fix()
    assert process.stderr is not None
    while "recording the tests" not in process.stderr.readline():
        assert process.poll() is None
    process.kill()
    process.communicate()
    assert list(shop.private.iterdir())
    assert shop.git("worktree", "list").count("\n") == 2
    done = shop.fix("--arm", "revert", "--output", "-")
    assert done.code == 0, done.err
    assert "removed 1 worktree that an earlier run left behind" in done.err
    assert "since" in done.err
    assert done.out.startswith("diff --git a/shop.py b/shop.py\n")
    assert "\n+        return self.total() <= LIMIT\n" in done.out
    assert "A shop" not in [line for line in done.out.splitlines() if line.startswith(("+", "-"))]
    shop.assert_nothing_left()


def test_without_a_good_version_a_small_repair_is_found_and_put_on_a_branch(shop: Shop) -> None:
    shop.edit(BROKEN)
    shop.git("commit", "--quiet", "--amend", "--all", "--no-edit")
    (shop.root / "notes.txt").write_text("not committed\n")
    head = shop.git("rev-parse", "HEAD")
    done = shop.fix("--branch", "repaired", "--json")
    assert done.code == 0, done.err
    document = done.document
    assert document["patch"]["arm"] == "template"
    assert len(document["held_back"]) == 1
    assert document["candidates"] > 0
    assert shop.git("rev-parse", "HEAD") == head
    assert GOOD_LINE in shop.git("show", "repaired:shop.py")
    assert shop.git("show", "repaired~1:notes.txt") == "not committed\n"
    assert shop.git("diff", "--stat", "repaired~1", "repaired").split("|")[0].strip() == "shop.py"
    assert shop.git("status", "--porcelain").split() == ["??", "notes.txt"]
    shop.assert_nothing_left()


def test_ctrl_c_keeps_the_best_patch_and_the_run_goes_on_later(shop: Shop) -> None:
    shop.edit(BROKEN, HARMLESS)
    process = shop.start_fix()
    assert process.stderr is not None
    for line in process.stderr:
        if "verifying" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, (out, err)
    run = shop.runs[0]
    assert GOOD_LINE in (run / "best.patch").read_text()
    assert json.loads((run / "fix-report.json").read_text())["end"] == "interrupted"
    assert f"tdad fix --resume {run.name}" in out
    shop.assert_nothing_left()
    done = shop.fix("--resume", run.name, "--json")
    assert done.code == 0, done.err
    assert "recording the tests" not in done.err
    assert done.document["run"] == run.name
    shop.edit(('"""', '"""Another version. '))
    changed = shop.fix("--resume", run.name)
    assert changed.code == 3
    assert "[fix-run-changed]" in changed.err


def test_without_git_a_copy_is_repaired(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, git=False)
    shop.edit(BROKEN)
    before = shop.snapshot()
    done = shop.fix("--json")
    assert done.code == 0, done.err
    assert done.document["patch"]["arm"] == "template"
    assert shop.snapshot() == before
    assert list(shop.private.iterdir()) == []
    for arguments, slug in (
        (("--good", "HEAD"), "not-a-repository"),
        (("--branch", "x"), "not-a-repository"),
    ):
        refused = shop.fix(*arguments)
        assert (refused.code, f"[{slug}]" in refused.err) == (3, True), refused.err


def test_what_cannot_be_done_is_one_sentence_with_the_next_command(shop: Shop) -> None:
    for arguments, code, slug in (
        ((), 3, "fix-nothing-to-fix"),
        (("--test", "test_shop.py::test_totl"), 2, "fix-test-unknown"),
        (("--good", "no-such"), 3, "revision-unknown"),
        (("--engine", "model", "--base-url", "http://127.0.0.1:9/v1"), 4, "server-unreachable"),
        (("--base-url", "https://api.example.com/v1"), 2, "fix-budget-missing"),
        (("--context", "much"), 2, "fix-context-malformed"),
        (("--issue", "no-such-file", "--engine", "auto"), 2, "fix-issue-unreadable"),
        (("--issue", "shop.py", "--engine", "search"), 2, "options-exclude"),
        (("--resume", "20200101T000000"), 2, "fix-run-unknown"),
        (("--time", "soon"), 2, "time-malformed"),
        (("--apply", "--output", "x"), 2, "options-exclude"),
        (("--branch", "master"), 3, "fix-branch-exists"),
    ):
        shop.git("branch", "--force", "master") if shop.git(
            "branch", "--show-current"
        ).strip() != "master" else None
        done = shop.fix(*arguments)
        assert done.code == code, (arguments, done.err)
        last = done.err.strip().splitlines()[-1]
        assert last.startswith("tdad: ")
        assert last.endswith(f"[{slug}]"), last
    assert shop.runs == [], "nothing to resume"
    (shop.root / "test_shop.py").unlink()
    empty = shop.fix()
    assert empty.code == 3
    assert "[fix-baseline-unusable]" in empty.err
    shop.assert_nothing_left()


LONG = "\n".join(
    [
        "        self.prices = dict(",
        *(f"            p{number}=None," for number in range(20)),
        "        )",
        "        self.prices.clear()",
    ]
)
REWRITTEN = (
    ("        self.prices = []", LONG),
    ("self.prices.append(price)", "self.prices[len(self.prices)] = price"),
    ("return sum(self.prices)", "return sum(self.prices.values()) + 1"),
)
"""Works only as a whole, and has one mistake."""


def test_a_large_revert_gives_way_to_a_small_repair_among_its_lines(shop: Shop) -> None:
    shop.edit(*REWRITTEN)
    done = shop.fix("--json", "--engine", "search")
    assert done.code == 0, done.err
    document = done.document
    assert document["patch"]["arm"] == "template", done.err
    assert document["patch"]["lines"] == 2
    assert "\n+        return sum(self.prices.values())\n" in document["patch"]["diff"]
    assert any("takes back" in note for note in document["notes"])
    only = shop.fix("--json", "--engine", "search", "--arm", "revert")
    assert only.document["patch"]["lines"] > 20


def test_a_test_that_fails_alone_for_another_reason_is_only_asked_with_the_whole_suite(
    shop: Shop,
) -> None:
    tests = shop.root / "test_shop.py"
    tests.write_text(
        tests.read_text()
        + "\n\nseen = {}\n\n\ndef test_first_of_two():\n    seen[1] = filled(100)\n\n\n"
        + "def test_second_of_two():\n    assert seen[1].allowed()\n"
    )
    shop.commit("a test that depends on another")
    shop.edit(BROKEN)
    for arm in ("revert", "template"):
        done = shop.fix("--json", "--engine", "search", "--arm", arm)
        assert done.code == 0, done.err
        assert "1 of them for another reason when run alone" in done.err
        assert done.document["patch"]["arm"] == arm
        assert "test_shop.py::test_second_of_two" in done.document["patch"]["measured"]["fixed"]
