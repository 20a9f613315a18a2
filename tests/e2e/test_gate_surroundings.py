"""Other runners, environments of a side's own, packages that are installed from elsewhere, the selection watched."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections import Counter

import pytest

from tdad.answers_gate import GateEnd
from tdad.errors import GateEnvironmentFailed
from tdad.facts_gate import PolicyKind, Verdict
from tdad.workflows.gate import gate
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.project import open_project
from tests.e2e.gate_project import repository

pytestmark = pytest.mark.slow

UNITTESTS = """
import unittest, shop
class Shop(unittest.TestCase):
    def test_total(self): self.assertEqual(shop.total([1, 2]), 3)
    def test_parts(self):
        for n in range(2):
            with self.subTest(n=n): self.assertEqual(shop.total([n]), n)
    def test_name(self): self.assertEqual(shop.name("a"), "A")
    @unittest.skip("never")
    def test_skipped(self): pass
"""
SHOP = "def total(prices): return sum(prices)\ndef name(text): return text.title()\n"
BROKEN = SHOP.replace("sum(prices)", "sum(prices) + 1")


def run(root, **options):
    chosen = {"base": "main", "reruns": 1, "python": sys.executable, **options}
    return gate(open_project(root), GateOptions(**chosen))


def verdicts(report):
    return {test.node_id.rpartition("::")[2]: test.verdict for test in report.tests}


def test_unittests_own_runner_is_listened_to(tmp_path):
    before = {
        "shop.py": SHOP,
        "tests/__init__.py": "",
        "tests/test_shop.py": UNITTESTS + "    def test_gone(self): pass\n",
    }
    head = {"shop.py": BROKEN, "tests/__init__.py": "", "tests/test_shop.py": UNITTESTS}
    root = repository(tmp_path / "shop", before, head)
    report = run(root, runner="python -m unittest -v {tests}")
    assert report.end is GateEnd.REGRESSION
    found = verdicts(report)
    assert found.pop("test_gone") is Verdict.REMOVED
    assert found == {
        "test_total": Verdict.REGRESSION,
        "test_parts": Verdict.REGRESSION,
        "test_name": Verdict.UNCHANGED,
        "test_skipped": Verdict.UNCHANGED,
    }


RUNNER = """
import sys, unittest
import shop
if any(label.startswith("gis") for label in sys.argv[1:]):
    sys.exit("Aborting: gis needs another database")
if any(label.endswith("test_moody") for label in sys.argv[1:]):
    sys.exit("by that name it is not known")
result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:]))
sys.exit(not result.wasSuccessful())
"""
INSIDE = """
import io, unittest, shop
class Inner(unittest.TestCase):
    def runTest(self): self.fail("on purpose")
class Outer(unittest.TestCase):
    def test_failures_are_counted(self):
        result = unittest.TextTestRunner(stream=io.StringIO()).run(Inner())
        self.assertEqual(len(result.failures), len(shop.name("a")))
class Ready(unittest.TestCase):
    @classmethod
    def setUpClass(cls): assert shop.total([1]) == 1
    def test_ready(self): pass
class NeverReady(unittest.TestCase):
    @classmethod
    def setUpClass(cls): assert shop.total([1]) == 5
    def test_never(self): pass
"""
MOODY = """
import unittest, shop
class TestMixed:
    def test_mixed(self): self.assertIn(shop.total([]), (0, 1))
class Mixed(TestMixed, unittest.TestCase):
    def test_moody(self): self.assertIn(shop.total([]), (0, 1))
"""


def test_a_runner_in_a_folder_of_its_own_that_refuses_some_tests(tmp_path):
    """As Django's: the project is not installed, one label ends it, and tests run tests.

    A class that is no ``TestCase`` cannot be asked for, nor one of the tests; what is in the folder besides can.
    """
    tests = {
        "tests/runtests.py": RUNNER,
        "tests/shop_tests/__init__.py": "",
        "tests/shop_tests/test_shop.py": UNITTESTS,
        "tests/shop_tests/test_inside.py": INSIDE,
        "tests/gis_tests/__init__.py": "",
        "tests/gis_tests/test_gis.py": UNITTESTS,
        "tests/moody_tests/__init__.py": "",
        "tests/moody_tests/test_moods.py": MOODY,
    }
    root = repository(
        tmp_path / "shop",
        {"shop/__init__.py": SHOP, **tests},
        {"shop/__init__.py": BROKEN, **tests},
    )
    report = run(root, runner="python tests/runtests.py {tests}", budget_s=60.0, reruns=1)
    assert report.end is GateEnd.REGRESSION, report.undecided
    found = {test.node_id: test.verdict for test in report.tests}
    assert len(found) == len(report.tests)
    inside = "tests/shop_tests/test_inside.py"
    assert {name.rpartition("::")[2] for name, v in found.items() if v is Verdict.REGRESSION} == {
        "test_total",
        "test_parts",
        "test_ready",
    }
    assert found[f"{inside}::NeverReady"] is Verdict.STILL_FAILING
    assert (
        found.get(f"{inside}::Outer::test_failures_are_counted", Verdict.UNCHANGED)
        is Verdict.UNCHANGED
    )
    assert not [name for name in found if "Inner" in name], "what a test runs is its own affair"
    assert Verdict.REMOVED not in found.values()
    moods = "tests/moody_tests/test_moods.py::Mixed"
    assert [found[f"{moods}::test_{name}"] for name in ("mixed", "moody")] == [
        Verdict.UNCHANGED
    ] * 2
    assert not [name for name in found if "TestMixed" in name]
    assert found["tests/gis_tests/test_gis.py"] is Verdict.STILL_FAILING, "refused before as well"


NAMELESS = """
import unittest, shop
class Nameless(unittest.TestCase):
    __module__ = "elsewhere"
    def id(self): raise ValueError("it has no name")
    def test_name(self): self.assertEqual(shop.name("a"), "A")
class Known(unittest.TestCase):
    def test_broken_before(self): self.fail("as ever")
"""


def test_an_outcome_that_cannot_be_taken_down_is_no_pass(tmp_path):
    files = {"tests/__init__.py": "", "tests/test_shop.py": NAMELESS}
    head = {"shop.py": SHOP.replace("title", "lower"), **files}
    root = repository(tmp_path / "shop", {"shop.py": SHOP, **files}, head)
    report = run(root, runner="python -m unittest -v {tests}")
    assert report.end is GateEnd.UNDECIDED
    assert any("could not be taken down" in text for text in report.undecided)


def dependent(tmp_path):
    test = "import os\ndef test_dependency(): assert os.environ['DEPENDENCY'] == '1'\n"
    before = {"test_a.py": test, "requirements.txt": "1"}
    return repository(tmp_path / "shop", before, {"test_a.py": test, "requirements.txt": "2"})


def test_each_side_gets_an_environment_when_dependencies_changed(tmp_path):
    python = shlex.quote(sys.executable)
    command = (
        "mkdir -p {env}/bin && (echo '#!/bin/sh'; echo export DEPENDENCY=$(cat requirements.txt);"
        f" echo exec {python} '\"$@\"') > {{env}}/bin/python && chmod +x {{env}}/bin/python"
    )
    report = run(dependent(tmp_path), env_command=command, python=None)
    assert [test.node_id for test in report.regressions] == ["test_a.py::test_dependency"]
    assert report.baseline.python != report.head.python
    assert any("environment of its own" in note for note in report.notes)


def test_without_a_command_the_change_of_dependencies_is_said(tmp_path):
    report = run(dependent(tmp_path))
    assert any("--env-command" in note for note in report.notes)


def test_an_environment_that_is_not_made_is_no_answer(tmp_path):
    with pytest.raises(GateEnvironmentFailed, match="exit code 3"):
        run(dependent(tmp_path), env_command="exit 3")


def test_the_worktree_is_tested_although_another_copy_is_installed(tmp_path, monkeypatch):
    """A copy of the package lies where an install would put it: the version under test comes first all the same."""
    installed = tmp_path / "installed"
    (installed / "shop").mkdir(parents=True)
    (installed / "shop" / "__init__.py").write_text("def total(prices): return 'installed'\n")
    test = "import shop\ndef test_total(): assert shop.total([1]) == 1\n"
    before = {"src/shop/__init__.py": SHOP, "tests/test_shop.py": test}
    root = repository(
        tmp_path / "shop", before, {"src/shop/__init__.py": BROKEN, "tests/test_shop.py": test}
    )
    monkeypatch.setenv("PYTHONPATH", str(installed))
    report = run(root)
    assert [test.node_id for test in report.regressions] == ["tests/test_shop.py::test_total"]
    assert "assert 2 == 1" in report.regressions[0].failure.message


def test_a_selection_that_misses_a_regression_is_found_out(tmp_path):
    """A test that finds the code by a name put together at run time: the static graph does not see it."""
    hidden = (
        "import importlib\n"
        "def test_hidden():\n"
        "    shop = importlib.import_module('sh' + 'op')\n"
        "    assert getattr(shop, 'to' + 'tal')([1]) == 1\n"
    )
    seen = "import shop\ndef test_seen(): assert shop.total([1]) == 1\n"
    files = {"tests/test_hidden.py": hidden, "tests/test_seen.py": seen}
    root = repository(tmp_path / "shop", {"shop.py": SHOP, **files}, {"shop.py": BROKEN, **files})
    assert "test_hidden" not in verdicts(run(root))
    for options in ({"shadow": True}, {"sample": 1.0}):
        report = run(root, **options)
        assert report.chosen.missed == ("tests/test_hidden.py::test_hidden",), options
        assert report.chosen.sampled == 1


def test_the_same_commit_and_uncommitted_work_are_said(tmp_path):
    root = repository(tmp_path / "shop", {"shop.py": SHOP}, {"shop.py": SHOP})
    (root / "shop.py").write_text(BROKEN)
    report = run(root, base="HEAD")
    assert report.end is GateEnd.PASSED
    assert report.dirty
    assert any("uncommitted" in note for note in report.notes)
    assert any("same commit" in note for note in report.notes)


def test_a_suggestion_undoes_what_broke(tmp_path):
    test = "import shop\ndef test_total(): assert shop.total([1]) == 1\n"
    head = {
        "shop.py": BROKEN.replace("text.title()", "text.title().strip()"),
        "tests/test_shop.py": test,
    }
    root = repository(tmp_path / "shop", {"shop.py": SHOP, "tests/test_shop.py": test}, head)
    (suggestion,) = run(root, suggest=True).suggestions
    assert "+def total(prices): return sum(prices)\n" in suggestion.patch


def record(root, *arguments):
    """Make a map of the baseline."""
    for command in (
        ["git", "checkout", "-q", "main"],
        [sys.executable, "-m", "pytest", "-q", "--tdad-map", *arguments],
        ["git", "checkout", "-q", "-"],
    ):
        subprocess.run(command, cwd=root, check=True, capture_output=True)


def test_where_nothing_is_at_risk_nothing_runs_and_nothing_is_gone(tmp_path):
    test = "import shop\ndef test_total(): assert shop.total([1]) == 1\n"
    files = {"shop.py": SHOP, "tests/test_shop.py": test}
    root = repository(tmp_path / "shop", {**files, "README.md": "a"}, {**files, "README.md": "b"})
    record(root)
    report = run(root)
    assert (report.end, report.tests, report.findings) == (GateEnd.PASSED, (), ())
    assert report.baseline_ran == 0


def test_doctests_are_run_though_the_code_does_not_tell_what_they_use(tmp_path):
    files = {
        "price.py": 'import shop\ndef price():\n    """\n    >>> price()\n    1\n    """\n    return shop.total([1])\n',
        "pytest.ini": "[pytest]\naddopts = --doctest-modules\n",
    }
    root = repository(tmp_path / "shop", {"shop.py": SHOP, **files}, {"shop.py": BROKEN, **files})
    assert verdicts(run(root, reruns=0)) == {"price.price": Verdict.REGRESSION}


def test_where_an_import_fails_all_that_need_it_are_named(tmp_path):
    """The map takes one text to be as good as another; the run shows that it is not."""
    text = 'TITLE = "a".encode("ascii")\ndef other(): return 2\n'
    tests = {
        "test_title.py": "import shop\ndef test_title(): assert shop.TITLE\n",
        "test_other.py": "import shop\ndef test_other(): assert shop.other() == 2\n",
        "test_none.py": "def test_none(): pass\n",
    }
    broken = {"shop.py": text.replace("ascii", "asciii")}
    root = repository(tmp_path / "shop", {"shop.py": text, **tests}, {**broken, **tests})
    record(root)
    report = run(root)
    assert report.chosen.by == "recorded map"
    assert verdicts(report) == {
        "test_title": Verdict.REGRESSION,
        "test_other": Verdict.REGRESSION,
    }


def test_workers_that_collect_other_tests_are_not_asked(tmp_path):
    """xdist then runs nothing, and reports the worker itself as what cannot be collected."""
    test = (
        "import os, pytest, shop\n"
        "@pytest.mark.parametrize('n', [os.getpid()])\n"
        "def test_total(n): assert shop.total([1]) == 1\n"
    )
    files = {"tests/test_shop.py": test}
    root = repository(
        tmp_path / "shop", {"shop.py": SHOP, **files}, {"shop.py": SHOP + "x = 1\n", **files}
    )
    report = run(root, select="all", workers=2)
    assert report.end is GateEnd.PASSED
    assert {test.verdict for test in report.tests} == {Verdict.UNCHANGED}
    assert any("the workers collected different tests" in note for note in report.notes)


DOCTESTED = '''def total(prices):
    """
    >>> total([1])
    1
    """
    return sum(prices)
'''
USES_SHOP = "from shop.prices import total\ndef test_total(): assert total([1, 1]) == 2\ndef test_no(): pass\n"
LIES_IN_SRC = {
    "pytest.ini": "[pytest]\naddopts = --doctest-modules -p no:cacheprovider\n",
    "tests/test_shop.py": USES_SHOP,
}


def test_what_can_be_imported_only_beside_another_file_is_asked_about_beside_it(tmp_path):
    """pytest puts ``src`` on the path when it looks for doctests there, and the test file lives on that."""
    files = {"src/shop/__init__.py": "", "src/shop/prices.py": DOCTESTED, **LIES_IN_SRC}
    broken = DOCTESTED.replace("sum(prices)", "min(sum(prices), 1)")
    root = repository(tmp_path / "shop", files, {**files, "src/shop/prices.py": broken})
    assert verdicts(run(root)) == {
        "test_total": Verdict.REGRESSION,
        "shop.prices.total": Verdict.UNCHANGED,
    }


def test_doctests_in_a_package_that_never_could_be_imported_are_no_regression(tmp_path):
    """pytest finds them once the package is half imported, and not when it looks for the first time."""
    init = "from shop.prices import total\nimport not_there\n"
    files = {"src/shop/__init__.py": init, "src/shop/prices.py": DOCTESTED, **LIES_IN_SRC}
    edited = DOCTESTED.replace("sum(prices)", "sum(prices, 0)")
    root = repository(tmp_path / "shop", files, {**files, "src/shop/prices.py": edited})
    report = run(root)
    assert not report.gating
    assert verdicts(report)["shop.prices.total"] is Verdict.STILL_FAILING


def test_parameter_ids_that_are_others_in_every_process_hide_nothing(tmp_path):
    """Recorded by one id, run by others: the sets of a function are compared by their places."""
    test = (
        "import pytest, shop\n"
        "class Price:\n    pass\n"
        "@pytest.mark.parametrize('price', [Price(), Price()], ids=repr)\n"
        "def test_total(price): assert shop.total([1]) == 1\n"
        "@pytest.mark.parametrize('price', [Price(), Price()], ids=repr)\n"
        "def test_name(price): assert shop.name('a') == 'A'\n"
    )
    files = {"tests/test_shop.py": test}
    head = {"shop.py": BROKEN.replace("text.title()", "text.title() or ''"), **files}
    root = repository(tmp_path / "shop", {"shop.py": SHOP, **files}, head)
    record(root)
    report = run(root)
    assert report.chosen.by == "recorded map"
    found = Counter(
        (t.node_id.partition("[")[0].rpartition("::")[2], t.verdict) for t in report.tests
    )
    assert found == {("test_total", Verdict.REGRESSION): 2, ("test_name", Verdict.UNCHANGED): 2}
    assert not report.undecided


def test_a_map_of_a_part_of_the_suite_leaves_no_test_out(tmp_path):
    """One shard of a matrix that nobody merged; ``testpaths`` are the project's, in every worktree of it."""
    files = {
        "pytest.ini": "[pytest]\ntestpaths = tests\naddopts = -p no:cacheprovider\n",
        "tests/test_name.py": "import shop\ndef test_name(): assert shop.name('a') == 'A'\n",
        "tests/test_total.py": "import shop\n"
        "def test_total(): assert shop.total([1]) == 1\n"
        "def test_other(): assert shop.name('b') == 'B'\n",
    }
    root = repository(tmp_path / "shop", {"shop.py": SHOP, **files}, {"shop.py": BROKEN, **files})
    record(root, "tests/test_name.py")
    found = verdicts(run(root))
    assert found.pop("test_total") is Verdict.REGRESSION
    assert set(found.values()) <= {Verdict.UNCHANGED}, found


def test_where_nothing_can_be_collected_the_tests_that_were_not_selected_are_named_too(tmp_path):
    files = {
        "pytest.ini": "[pytest]\ntestpaths = tests\nfilterwarnings = error::SyntaxWarning\n",
        "tests/conftest.py": "import shop\n",
        "tests/test_total.py": "import shop\ndef test_total(): assert shop.total([1]) == 1\n",
        "tests/test_name.py": "import shop\ndef test_name(): assert shop.name('a') == 'A'\n",
    }
    warned = SHOP.replace("sum(prices)", "sum(prices) if 1 is 1 else 0")  # when it is compiled
    root = repository(tmp_path / "shop", {"shop.py": SHOP, **files}, {"shop.py": warned, **files})
    record(root)
    found = verdicts(run(root))
    assert found == {"test_total": Verdict.REGRESSION, "test_name": Verdict.REGRESSION}


HASHES = """
import shop
def test_broken(): assert shop.total([1]) == 1, f"hash {hash('a')}"
def test_old(): assert shop.total is None, f"hash {hash('a')}"
"""


@pytest.mark.parametrize("seed", ["", "7"])
def test_hashes_are_those_of_the_baseline_and_others_when_that_is_asked_again(
    tmp_path, monkeypatch, seed
):
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    if seed:
        monkeypatch.setenv("PYTHONHASHSEED", seed)
    root = repository(
        tmp_path / "shop",
        {"shop.py": SHOP, "test_shop.py": HASHES},
        {"shop.py": BROKEN, "test_shop.py": HASHES},
    )
    report = run(root, reruns=2)
    broken, old = (
        next(test for test in report.tests if test.node_id.endswith(name))
        for name in ("test_broken", "test_old")
    )
    assert broken.verdict is Verdict.REGRESSION
    on_head = {attempt.message.partition("\n")[0] for attempt in broken.head}
    assert len(broken.head) == 3
    assert len(on_head) == 1
    assert old.verdict is Verdict.STILL_FAILING
    before = [attempt.message.partition("\n")[0] for attempt in old.baseline]
    assert old.head[0].message.startswith(before[0])
    assert len(set(before)) == (1 if seed else 2)


def test_sets_of_parameters_that_went_with_their_data_are_not_passed_over(tmp_path):
    test = (
        "import pathlib, pytest, shop\n"
        "DATA = sorted((pathlib.Path(__file__).parent / 'data').iterdir())\n"
        "@pytest.mark.parametrize('path', DATA, ids=lambda path: path.name)\n"
        "def test_name(path): assert shop.name(path.read_text()) == path.name\n"
    )
    data = {"tests/data/A": "a", "tests/data/Bc": "bc"}
    head = {
        "shop.py": SHOP.replace("title", "upper"),
        "tests/test_shop.py": test,
        "tests/data/A": "a",
    }
    root = repository(
        tmp_path / "shop", {"shop.py": SHOP, "tests/test_shop.py": test, **data}, head
    )
    report = run(root, reruns=0)
    assert verdicts(report) == {
        "test_name[A]": Verdict.UNCHANGED,
        "test_name[Bc]": Verdict.REMOVED,
    }
    assert {(each.kind, each.test) for each in report.findings} == {
        (PolicyKind.REMOVED_TEST, "tests/test_shop.py::test_name"),
        (PolicyKind.EXPECTATION_CHANGED, "tests/test_shop.py::test_name"),
    }
