"""Reading coverage data files, made by coverage and pytest-cov themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import pytest
from coverage import CoverageData

from tdad.errors import CoverageFileUnusable, CoverageOutsideRoot, CoverageWithoutContexts
from tdad.facts import Owner, OwnerKind, Run, Site
from tdad.trace.coverage_data import read
from tests.lean import NO_HYPOTHESIS

SHOP = """\
RATE = 2


class Cart:
    limit = 3

    def total(self):
        return RATE * self.limit


def made():
    return Cart()


def short(): return 1


CART = made()
"""
TESTS = """\
import pytest
from shop import Cart, made, short


@pytest.fixture(scope="module")
def cart():
    return made()


class TestCart:
    def test_total(self, cart):
        assert cart.total() == 6


@pytest.mark.parametrize("a", ["x", "y|z"])
def test_a(a):
    import late
    assert late.used(a)


def test_short():
    assert short() == 1
"""
LATE = """\
def used(a):
    return a
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("a project ü")
    (root / "tests").mkdir()
    (root / "shop.py").write_text(SHOP)
    (root / "late.py").write_text(LATE)
    (root / "tests" / "test_shop.py").write_text(TESTS)
    (root / "pytest.ini").write_text(
        f"[pytest]\npythonpath = .\naddopts = {' '.join(NO_HYPOTHESIS)}\n"
    )
    return root


def run_python(root: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def with_pytest_cov(project: Path) -> Run:
    data = project / ".coverage"
    run_python(
        project,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--cov=.",
        "--cov-context=test",
        "--cov-report=",
    )
    return read(data, project)


def seen_by(run: Run, kind: OwnerKind, name: str) -> dict[str, frozenset[int]]:
    return {
        path: lines
        for observation in run.observations
        if observation.owner == Owner(kind, name)
        for path, lines in observation.lines.items()
    }


def started_by(run: Run, kind: OwnerKind, name: str) -> dict[str, frozenset[int]]:
    (observation,) = (o for o in run.observations if o.owner == Owner(kind, name))
    return dict(observation.starts)


TOTAL = "tests/test_shop.py::TestCart::test_total"


def test_tests_are_the_contexts_without_their_phase(with_pytest_cov: Run) -> None:
    assert {test.node_id: test.definition for test in with_pytest_cov.tests} == {
        TOTAL: "tests/test_shop.py::TestCart.test_total",
        "tests/test_shop.py::test_a[x]": "tests/test_shop.py::test_a",
        "tests/test_shop.py::test_a[y|z]": "tests/test_shop.py::test_a",
        "tests/test_shop.py::test_short": "tests/test_shop.py::test_short",
    }


def test_lines_and_functions_of_the_run_phase_belong_to_the_test(with_pytest_cov: Run) -> None:
    assert seen_by(with_pytest_cov, OwnerKind.TEST, TOTAL)["shop.py"] == {8}
    assert started_by(with_pytest_cov, OwnerKind.TEST, TOTAL) == {
        "shop.py": frozenset({7}),
        "tests/test_shop.py": frozenset({11}),
    }


def test_what_ran_in_a_set_up_is_inherited_by_every_test(with_pytest_cov: Run) -> None:
    session = started_by(with_pytest_cov, OwnerKind.SESSION, "")
    assert session["tests/test_shop.py"] == {5}, "the fixture, whose first line is its decorator"
    assert session["shop.py"] == {11}, "called by the fixture, and by the import"


def test_module_and_class_bodies_belong_to_the_import(with_pytest_cov: Run) -> None:
    assert seen_by(with_pytest_cov, OwnerKind.IMPORT, "shop.py")["shop.py"] >= {
        1,
        4,
        5,
        7,
        11,
        15,
        18,
    }
    assert 8 not in seen_by(with_pytest_cov, OwnerKind.IMPORT, "shop.py")["shop.py"]
    assert 1 not in seen_by(with_pytest_cov, OwnerKind.SESSION, "").get("shop.py", frozenset())


def test_an_import_inside_a_test_is_an_import_the_test_asked_for(with_pytest_cov: Run) -> None:
    first = "tests/test_shop.py::test_a[x]"
    (observation,) = (
        o for o in with_pytest_cov.observations if o.owner == Owner(OwnerKind.TEST, first)
    )
    assert observation.imports == {"late.py": Site("tests/test_shop.py", 0)}
    assert seen_by(with_pytest_cov, OwnerKind.IMPORT, "late.py") == {"late.py": frozenset({1})}


def test_a_one_line_function_counts_for_the_test_that_ran_its_line(with_pytest_cov: Run) -> None:
    assert started_by(with_pytest_cov, OwnerKind.TEST, "tests/test_shop.py::test_short")[
        "shop.py"
    ] == {15}
    assert 15 not in started_by(with_pytest_cov, OwnerKind.SESSION, "")["shop.py"]


def test_digests_are_those_of_the_files(project: Path, with_pytest_cov: Run) -> None:
    expected = blake2b((project / "shop.py").read_bytes(), digest_size=16).hexdigest()
    assert with_pytest_cov.digests["shop.py"] == expected


@pytest.mark.parametrize("folder", ["sub", "elsewhere"])
def test_branch_data_of_a_run_in_a_sub_directory(
    project: Path, tmp_path: Path, folder: str
) -> None:
    """The rootdir of pytest is below the project root, so its node ids are shorter than ours."""
    shutil.copytree(project, tmp_path / folder)
    (tmp_path / folder / ".coveragerc").write_text("[run]\nrelative_files = true\n")
    run_python(
        tmp_path / folder,
        "-m",
        "pytest",
        "-q",
        "--cov=.",
        "--cov-branch",
        "--cov-context=test",
        "--cov-report=",
    )
    if folder == "sub":  # absolute or not, the names are those of the folder coverage ran in
        run = read(tmp_path / folder / ".coverage", tmp_path / folder)
        assert seen_by(run, OwnerKind.TEST, TOTAL)["shop.py"] == {8}
        return
    (tmp_path / folder / ".coveragerc").unlink()
    run_python(
        tmp_path / folder,
        "-m",
        "pytest",
        "-q",
        "--cov=.",
        "--cov-branch",
        "--cov-context=test",
        "--cov-report=",
    )
    run = read(tmp_path / folder / ".coverage", tmp_path)
    assert seen_by(run, OwnerKind.TEST, f"{folder}/{TOTAL}")[f"{folder}/shop.py"] == {8}


def test_dynamic_contexts_of_coverage_itself_and_parallel_files(
    project: Path, tmp_path: Path
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(project, root)
    (root / ".coverage").unlink(missing_ok=True)
    (root / ".coveragerc").write_text(
        "[run]\ndynamic_context = test_function\nparallel = true\nsource = .\n"
    )
    for test in ("test_shop.py::TestCart", "test_shop.py::test_short"):
        run_python(
            root, "-m", "coverage", "run", "--context=py3", "-m", "pytest", "-q", f"tests/{test}"
        )
    assert not (root / ".coverage").exists()
    before = sorted(path.name for path in root.iterdir())
    run = read(root / ".coverage", root)
    assert {test.node_id for test in run.tests} == {TOTAL, "tests/test_shop.py::test_short"}
    assert seen_by(run, OwnerKind.TEST, TOTAL)["shop.py"] == {8}
    assert sorted(path.name for path in root.iterdir()) == before


Made = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(contexts: dict[str, dict[str, list[int]]], name: str = ".coverage") -> Path:
        file = tmp_path / name
        data = CoverageData(basename=str(file))
        for context, lines in contexts.items():
            data.set_context(context)
            data.add_lines(lines)
        data.close()
        return file

    return make


def test_the_same_test_under_two_static_contexts_is_one_test(tmp_path: Path, made: Made) -> None:
    (tmp_path / "a.py").write_text("def f():\n    x = 1\n    return x\n")
    source = str(tmp_path / "a.py")
    data = made(
        {
            "py311|test_a.py::test_x|run": {source: [2]},
            "py312|test_a.py::test_x|run": {source: [3]},
            "py312": {source: [1]},
        }
    )
    run = read(data, tmp_path)
    assert [test.node_id for test in run.tests] == ["test_a.py::test_x"]
    assert seen_by(run, OwnerKind.TEST, "test_a.py::test_x") == {"a.py": frozenset({2, 3})}
    assert seen_by(run, OwnerKind.IMPORT, "a.py") == {"a.py": frozenset({1})}


def test_a_file_that_does_not_parse_keeps_its_lines(tmp_path: Path, made: Made) -> None:
    (tmp_path / "a.py").write_text("def f(:\n    pass\n")
    run = read(made({"test_a.py::test_x|run": {str(tmp_path / "a.py"): [2]}}), tmp_path)
    assert seen_by(run, OwnerKind.TEST, "test_a.py::test_x") == {"a.py": frozenset({2})}


def test_doctests_are_named_by_what_they_are_written_in(tmp_path: Path, made: Made) -> None:
    source = str(tmp_path / "src" / "pkg" / "mod.py")
    run = read(
        made(
            {
                "src/pkg/mod.py::pkg.mod.Cart.total|run": {source: [2]},
                "README.md::README.md|run": {source: [2]},
            }
        ),
        tmp_path,
    )
    assert [test.definition for test in run.tests] == ["README.md::", "src/pkg/mod.py::Cart.total"]


def test_a_file_edited_since_or_shorter_than_what_ran_has_no_digest(
    tmp_path: Path, made: Made
) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n")
    data = made({"t.py::test|run": {str(tmp_path / "a.py"): [9], str(tmp_path / "b.py"): [1]}})
    assert read(data, tmp_path).digests["b.py"]
    assert read(data, tmp_path).digests["a.py"] == ""
    later = data.stat().st_mtime + 5
    import os

    os.utime(tmp_path / "b.py", (later, later))
    assert read(data, tmp_path).digests["b.py"] == ""


def test_no_contexts(tmp_path: Path, made: Made) -> None:
    with pytest.raises(CoverageWithoutContexts, match="--cov-context=test"):
        read(made({"": {str(tmp_path / "a.py"): [1]}}), tmp_path)


def test_nothing_below_the_root(tmp_path: Path, made: Made) -> None:
    data = made({"t.py::test|run": {"/somewhere/else/a.py": [1]}})
    with pytest.raises(CoverageOutsideRoot, match=r"/somewhere/else/a\.py"):
        read(data, tmp_path)


def test_not_a_coverage_file(tmp_path: Path) -> None:
    text, empty, gone = tmp_path / "text", tmp_path / "empty", tmp_path / "gone"
    text.write_text("SQLite? no")
    empty.touch()
    for path, reason in ((text, "not an SQLite"), (empty, "empty"), (gone, "no such file")):
        with pytest.raises(CoverageFileUnusable, match=reason):
            read(path, tmp_path)
    assert empty.stat().st_size == 0


def test_corrupt_or_foreign_database(tmp_path: Path, made: Made) -> None:
    import sqlite3

    data = made({"t.py::test|run": {str(tmp_path / "a.py"): [1]}})
    damaged = tmp_path / "damaged"
    damaged.write_bytes(data.read_bytes()[:3000])
    with pytest.raises(CoverageFileUnusable):
        read(damaged, tmp_path)
    foreign = tmp_path / "foreign"
    with sqlite3.connect(foreign) as connection:
        connection.execute("create table t (x)")
    connection.close()
    before = foreign.read_bytes()
    with pytest.raises(CoverageFileUnusable):
        read(foreign, tmp_path)
    assert foreign.read_bytes() == before
    with sqlite3.connect(data) as connection:
        connection.execute("update coverage_schema set version = 99")
    connection.close()
    with pytest.raises(CoverageFileUnusable, match="99"):
        read(data, tmp_path)
