"""``--tdad-*`` in pytest's own process: alone, together, with pytest's options, and with xdist."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.e2e.shop_project import (
    FILES,
    NAME,
    SLOW,
    TOTAL,
    copied,
    edit,
    git,
    make_recorded,
    write,
)
from tests.lean import ADDOPTS, NO_HYPOTHESIS

pytest_plugins = ["pytester"]
PLAIN = ("-p", "no:testmon", *NO_HYPOTHESIS, "-rA")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recorded(tmp_path_factory.mktemp("template"))


@pytest.fixture
def shop(template: Path, pytester: pytest.Pytester) -> Path:
    """The recorded shop with an edited ``name``."""
    root = copied(template, pytester.path)
    edit(root, '"shop"', '"shop" + ""')
    return root


def call(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(*PLAIN, *arguments, timeout=100)


def ran(result: pytest.RunResult) -> list[str]:
    """Node ids of the tests that ran, in the order of pytest's summary: by outcome, then as they ran."""
    pattern = re.compile(r"(?:PASSED|FAILED|ERROR) (\S+::\S+)")
    return [match[1] for line in result.outlines if (match := pattern.match(line))]


def test_select_runs_what_is_at_risk(pytester: pytest.Pytester, shop: Path) -> None:
    result = call(pytester, "--tdad-select")
    assert ran(result) == [NAME]
    result.assert_outcomes(passed=1, deselected=3)
    result.stdout.fnmatch_lines(["tdad: 1 of 4 tests at risk, 1 change"])


def test_nothing_at_risk_is_no_failure(pytester: pytest.Pytester, template: Path) -> None:
    copied(template, pytester.path)
    result = call(pytester, "--tdad-select", "-q")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(deselected=4)
    result.stdout.fnmatch_lines(["tdad: 0 of 4 tests at risk, 0 changes"])


def test_order_runs_all_and_the_riskiest_first(pytester: pytest.Pytester, shop: Path) -> None:
    first = ran(call(pytester, "--tdad-order"))
    assert first == [NAME, SLOW, *TOTAL]
    assert ran(call(pytester, "--tdad-order", "-p", "no:randomly")) == first


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("-k", "total or slow"), []),
        (("-k", "name"), [NAME]),
        (("-m", "quick"), [NAME]),
        (("-m", "not quick"), []),
        ((NAME,), [NAME]),
        ((TOTAL[0],), []),
        (("tests/deep",), []),
        (("-x",), [NAME]),
        (("-p", "no:cacheprovider"), [NAME]),
        (("-p", "no:randomly"), [NAME]),
        (("--tdad-limit", "1"), [NAME]),
        (("--tdad-order",), [NAME]),
        (("--tdad-order", "--tdad-limit", "5"), [NAME]),
        (("--tdad-base", "main"), [NAME]),
        (("-n", "2"), [NAME]),
        (("-n", "2", "--tdad-order", "--tdad-base", "HEAD"), [NAME]),
        (("-n", "2", "-k", "total"), []),
        (("--deselect", NAME), []),
        (("--import-mode", "importlib"), [NAME]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_select_together_with(
    pytester: pytest.Pytester, shop: Path, options: tuple[str, ...], expected: list[str]
) -> None:
    result = call(pytester, "--tdad-select", *options)
    assert ran(result) == expected
    assert result.ret == (pytest.ExitCode.OK if expected else pytest.ExitCode.NO_TESTS_COLLECTED)


def test_limit_takes_the_riskiest_of_what_is_left(pytester: pytest.Pytester, shop: Path) -> None:
    edit(shop, "* VAT", "/ VAT * VAT * VAT")
    assert sorted(ran(call(pytester, "--tdad-select"))) == sorted([NAME, *TOTAL])
    one = ran(call(pytester, "--tdad-select", "--tdad-limit", "1"))
    assert len(one) == 1
    assert ran(call(pytester, "--tdad-select", "--tdad-limit", "1", "-k", "total")) == [TOTAL[0]]
    assert len(ran(call(pytester, "--tdad-select", "--tdad-limit", "2", "-n", "2"))) == 2


def test_last_failed_and_select_are_both_asked(pytester: pytest.Pytester, shop: Path) -> None:
    edit(shop, '"shop" + ""', '"pohs"')
    edit(shop, "return 1\n", "return 2\n")
    assert sorted(ran(call(pytester, "--tdad-select"))) == [SLOW, NAME]
    edit(shop, "return 2\n", "return 1\n")
    result = call(pytester, "--tdad-select", "--lf")
    assert ran(result) == [NAME]


def test_exit_first_stops_at_the_riskiest(pytester: pytest.Pytester, shop: Path) -> None:
    edit(shop, '"shop" + ""', '"pohs"')
    assert ran(call(pytester, "--tdad-order", "-x")) == [NAME]


def test_base_is_where_the_branch_left(pytester: pytest.Pytester, shop: Path) -> None:
    git(shop, "checkout", "-qb", "topic")
    git(shop, "commit", "-qam", "name")
    call(pytester, "--tdad-map")
    assert ran(call(pytester, "--tdad-select")) == []
    assert ran(call(pytester, "--tdad-select", "--tdad-base", "main")) == [NAME]
    assert ran(call(pytester, "--tdad-order", "--tdad-base", "main"))[0] == NAME


def test_collect_only_lists_the_selection(pytester: pytest.Pytester, shop: Path) -> None:
    result = call(pytester, "--tdad-select", "--collect-only", "-q")
    assert [line for line in result.outlines if "::" in line] == [NAME]


def test_without_a_terminal(pytester: pytest.Pytester, shop: Path) -> None:
    result = pytester.runpytest_subprocess("-p", "no:terminal", "--tdad-select", timeout=100)
    assert (result.ret, result.outlines) == (0, [])


def test_from_a_sub_directory(
    pytester: pytest.Pytester, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop / "tests")
    result = call(pytester, "--tdad-select")
    result.assert_outcomes(passed=1, deselected=3)
    call(pytester, "--tdad-map", "-k", "name")
    assert not (shop / "tests" / ".tdad").exists()


@pytest.mark.parametrize("start", [".", "web", ".."])
def test_rootdir_is_not_the_project_root(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    """The project root has ``[tool.tdad]``; pytest's rootdir is a folder below it."""
    root = pytester.path / "project"
    write(
        root,
        {f"web/{name}": text for name, text in FILES.items()}
        | {"pyproject.toml": "[tool.tdad]\n"},
    )
    write(
        root,
        {
            "web/pyproject.toml": "",
            "web/pytest.ini": f"[pytest]\npythonpath = .\nmarkers = quick\naddopts = {ADDOPTS}\n",
        },
    )
    where = root / start
    monkeypatch.chdir(where)
    target = {"web": (), ".": ("web",), "..": ("project/web",)}[start]
    call(pytester, "--tdad-map", *target).assert_outcomes(passed=4)
    assert (root / ".tdad" / "map.sqlite3").exists()
    edit(root, '"shop"', '"shop" + ""', "web/shop.py")
    call(pytester, "--tdad-select", *target).assert_outcomes(passed=1, deselected=3)


@pytest.mark.parametrize(
    "options", [("--tdad-select",), ("--tdad-order",), ("--tdad-select", "-q")], ids=" ".join
)
def test_without_a_map_everything_runs_and_one_is_told_how(
    pytester: pytest.Pytester, options: tuple[str, ...]
) -> None:
    write(pytester.path, FILES)
    result = call(pytester, *options)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        ["tdad: no test map at *. Build one: pytest --tdad-map. Running everything. *"]
    )
    assert not (pytester.path / ".tdad").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--tdad-limit", "3"), "goes with --tdad-select"),
        (("--tdad-select", "--tdad-limit", "0"), "from 1 up"),
        (("--tdad-base", "main"), "goes with --tdad-select"),
        (("--tdad-lines",), "goes with --tdad-map"),
        (("--tdad-map", "--setup-only"), "needs the tests to run"),
        (("--tdad-select", "--tdad-base", "mian"), "did you mean main"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_one_sentence(
    pytester: pytest.Pytester, shop: Path, options: tuple[str, ...], says: str
) -> None:
    result = call(pytester, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = [line for line in result.errlines if "error" in line.lower()]
    assert len(said) == 1
    assert says in said[0]
    assert not any("Traceback" in line or "INTERNALERROR" in line for line in result.errlines)


def test_new_edited_and_failed_tests_are_always_selected(
    pytester: pytest.Pytester, template: Path
) -> None:
    root = copied(template, pytester.path)
    write(root, {"tests/test_new.py": "def test_new():\n    pass\n"})
    edit(root, "== 1", "== 2", "tests/deep/test_slow.py")
    assert sorted(ran(call(pytester, "--tdad-select"))) == [SLOW, "tests/test_new.py::test_new"]
    call(pytester, "--tdad-map")
    assert ran(call(pytester, "--tdad-select")) == [SLOW]


def test_map_and_select_in_one_run(pytester: pytest.Pytester, shop: Path) -> None:
    result = call(pytester, "--tdad-map", "--tdad-select")
    assert ran(result) == [NAME]
    result.stdout.fnmatch_lines(["1 test* recorded *", "map: .tdad/map.sqlite3, *"])
    assert ran(call(pytester, "--tdad-map", "--tdad-select")) == []
    assert not any((shop / ".tdad" / "spool").iterdir())


def test_workers_select_and_record_too(pytester: pytest.Pytester, shop: Path) -> None:
    assert ran(call(pytester, "--tdad-map", "--tdad-select", "-n", "2")) == [NAME]
    assert ran(call(pytester, "--tdad-select", "-n", "2")) == []


IDLE = """
import sys, time
import pytest
before = set(sys.modules)
start = time.perf_counter()
import tdad.pytest_plugin
spent = time.perf_counter() - start
own = set(sys.modules) - before
assert pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:testmon", "-p", "no:xdist", "tests"]) == 0
heavy = {"libcst", "networkx", "sqlite3", "rich", "click", "coverage", "openai", "tdad.workflows", "tdad.facts"}
print("own", sorted(own - {"tdad", "tdad.pytest_plugin"}))
print("heavy", sorted(heavy & own))
print("milliseconds", round(spent * 1000, 3))
"""


def test_without_options_nothing_is_imported(pytester: pytest.Pytester) -> None:
    write(pytester.path, FILES)
    result = pytester.run(sys.executable, "-c", IDLE, timeout=60)
    assert result.ret == 0, result.errlines
    says = dict(
        line.split(" ", 1)
        for line in result.outlines
        if line.startswith(("own", "heavy", "milli"))
    )
    assert says["own"] == "[]"
    assert says["heavy"] == "[]"
    assert float(says["milliseconds"]) < 20
    code = "import sys, pytest; pytest.main(['-q']); print('loaded', [m for m in sys.modules if m[:4] == 'tdad'])"
    result = pytester.run(sys.executable, "-c", code, timeout=60)
    assert result.outlines[-1] == "loaded ['tdad', 'tdad.pytest_plugin']"
