"""``pytest --tdad-map --tdad-prompt FILE``, in a run of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tdad.agent.chat.tokens import of_text
from tests.e2e.fix_project import FILES
from tests.e2e.shop_project import git, write

pytest_plugins = ["pytester"]


def test_what_fails_what_changed_and_which_tests_reach_it(pytester: pytest.Pytester) -> None:
    ignored = FILES[".gitignore"] + "prompt.md\nstdout\nstderr\n"
    write(pytester.path, {**FILES, ".gitignore": ignored})
    git(pytester.path, "init", "--quiet")
    git(pytester.path, "add", "--all")
    git(pytester.path, "commit", "--quiet", "--message", "good")
    shop = pytester.path / "shop.py"
    shop.write_text(shop.read_text().replace("total() <= LIMIT", "total() < LIMIT"))
    (pytester.path / "test_gone.py").write_text("import not_there\n")
    call = ("--tdad-map", "--tdad-prompt", "prompt.md", "--continue-on-collection-errors")
    found = pytester.runpytest_subprocess("-p", "no:testmon", *call, timeout=100)
    found.assert_outcomes(failed=2, passed=4, errors=1)
    found.stdout.fnmatch_lines(["prompt: prompt.md"])
    text = Path("prompt.md").read_text("utf-8")
    assert "2 of 6 tests fail, 1 file cannot be collected." in text
    assert "`test_shop.py::test_allowed_at_the_limit`" in text
    assert "No module named 'not_there'" in text
    suspects = text.partition("## Suspects")[2]
    assert suspects.index("shop.py:16 Cart.allowed") < suspects.index("Cart.total")
    changed = text.partition("## Changed")[2]
    assert "- `shop.py::Cart.allowed` edited: 3 tests at risk" in changed
    assert "test_not_allowed_above" in changed
    assert of_text(text) <= 2_000
    assert str(pytester.path) not in text
    shutil.rmtree(".tdad")  # what failed before is riskier
    again = pytester.runpytest_subprocess(
        "-p", "no:testmon", "-q", "-n2", *call[:2], "-", *call[3:], timeout=100
    )
    told = again.outlines[again.outlines.index("# Test map (tdad)") :]
    assert told[: len(text.splitlines())] == text.splitlines()  # with workers as well


def test_it_wants_a_recording_and_says_when_it_cannot_write(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    refused = pytester.runpytest_subprocess("--tdad-prompt", "x.md", timeout=100)
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    refused.stderr.fnmatch_lines(["*--tdad-prompt goes with --tdad-map: pytest --tdad-map*"])
    done = pytester.runpytest_subprocess("--tdad-map", "--tdad-prompt", "no/x.md", timeout=100)
    assert done.ret == pytest.ExitCode.OK
    done.stdout.fnmatch_lines(["no prompt: no/x.md: No such file or directory.*"])
