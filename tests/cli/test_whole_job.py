"""The whole job on a small git repository: record, change, ask, export, as a user types it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.lean import NO_HYPOTHESIS

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"

SHOP = """\
VAT = 1.19


class Cart:
    def __init__(self):
        self.prices = []

    def add(self, price):
        self.prices.append(price)

    def total(self):
        return sum(self.prices) * VAT

    def name(self):
        return "cart"
"""
TESTS = """\
import pytest

from shop import Cart


@pytest.mark.parametrize("price", [1, 2], ids=["one egg", "two eggs"])
def test_total(price):
    cart = Cart()
    cart.add(price)
    assert cart.total() > price


def test_name():
    assert Cart().name() == "cart"
"""


def run(*command: str | Path, cwd: Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert code is None or done.returncode == code, done.stdout + done.stderr
    return done


def pytest_in(cwd: Path, *options: str, code: int | None = 0) -> str:
    plain = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    return run(sys.executable, "-m", "pytest", *plain, *options, cwd=cwd, code=code).stdout


def tdad_in(cwd: Path, *arguments: str, code: int = 0) -> str:
    return run(sys.executable, "-m", "tdad", *arguments, cwd=cwd, code=code).stdout


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A committed and recorded repository."""
    root = tmp_path_factory.mktemp("recorded") / "shop"
    (root / "tests").mkdir(parents=True)
    (root / "pyproject.toml").write_text(
        "[tool.tdad]\n[tool.pytest.ini_options]\npythonpath = ['.']\n"
        f"addopts = '{' '.join(NO_HYPOTHESIS)}'\n",
        encoding="utf-8",
    )
    (root / "shop.py").write_text(SHOP, encoding="utf-8")
    (root / "tests" / "test_shop.py").write_text(TESTS, encoding="utf-8")
    run("git", "init", "--quiet", "--initial-branch", "main", cwd=root)
    run("git", "add", "--all", cwd=root)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    run("git", *identity, "commit", "--quiet", "-m", "shop", cwd=root)
    pytest_in(root, "--tdad-map")
    return root


@pytest.fixture
def shop(recorded, tmp_path):
    """A copy of it in which the body of ``Cart.total`` is edited."""
    root = tmp_path / "shop"
    shutil.copytree(recorded, root)
    edited = SHOP.replace("* VAT", "/ VAT")
    (root / "shop.py").write_text(edited, encoding="utf-8")
    return root


def test_git_does_not_see_the_map(recorded):
    status = run("git", "status", "--porcelain", cwd=recorded).stdout.splitlines()
    assert [line for line in status if "__pycache__" not in line] == []


def test_without_a_change_no_test_is_at_risk(recorded):
    assert tdad_in(recorded, "impact", "--format", "ids", "--exit-code", code=1) == ""


@pytest.mark.parametrize(
    "options", [(), ("--uncommitted",), ("--base", "main")], ids=["recording", "commit", "branch"]
)
def test_ids_go_straight_into_pytest(shop, options):
    ids = tdad_in(shop, "impact", *options, "--format", "ids")
    assert sorted(ids.splitlines()) == [
        "tests/test_shop.py::test_total[one egg]",
        "tests/test_shop.py::test_total[two eggs]",
    ]
    (shop / "ids.txt").write_text(ids, encoding="utf-8")
    assert "2 failed" in pytest_in(shop, "@ids.txt", code=1)


def test_ids_go_into_pytest_from_a_sub_directory(shop):
    ids = tdad_in(shop / "tests", "impact", "--format", "ids")
    assert ids.startswith("test_shop.py::test_total[")
    (shop / "tests" / "ids.txt").write_text(ids, encoding="utf-8")
    assert "2 failed" in pytest_in(shop / "tests", "@ids.txt", code=1)


def test_select_runs_the_same_tests(shop):
    assert "2 failed, 1 deselected" in pytest_in(shop, "--tdad-select", code=1)


def test_a_patch_that_is_not_applied(shop):
    diff = run("git", "diff", cwd=shop).stdout
    (shop / "change.diff").write_text(diff, encoding="utf-8")
    run("git", "checkout", "--quiet", "shop.py", cwd=shop)
    ids = tdad_in(shop, "impact", "--patch", "change.diff", "--format", "ids")
    assert len(ids.splitlines()) == 2


def test_whole_files(shop):
    assert tdad_in(shop, "impact", "shop.py", "--format", "files") == "tests/test_shop.py\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("impact",),
        ("explain", "tests/test_shop.py::test_total[one egg]"),
        ("explain", "tests/test_shop.py::test_name"),
        ("index",),
        ("map", "stats"),
        ("map", "show", "shop.py"),
        ("map", "show", "shop.py::Cart.total"),
        ("map", "show", "tests/test_shop.py::test_name"),
        ("skill",),
    ],
    ids=" ".join,
)
def test_json_keeps_to_its_schema_and_is_the_same_twice(shop, arguments):
    first = json.loads(tdad_in(shop, *arguments, "--json"))
    name = first["schema"].removeprefix("tdad.").replace("/", "-")
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(first)
    if arguments[0] in {"impact", "explain"}:
        again = json.loads(tdad_in(shop, *arguments, "--json"))
        first.get("map", {}).pop("age_s", None)
        again.get("map", {}).pop("age_s", None)
        assert again == first


def test_explain_says_at_risk_and_safe(shop):
    assert " is at risk\n" in tdad_in(shop, "explain", "tests/test_shop.py::test_total[two eggs]")
    safe = tdad_in(shop, "explain", "tests/test_shop.py::test_name", "--exit-code", code=1)
    assert " is safe\n" in safe
    assert "safe because" in safe


def test_the_test_map_can_be_grepped(shop):
    assert tdad_in(shop, "map", "export") == ""
    text = (shop / ".tdad" / "test_map.txt").read_text(encoding="utf-8")
    assert "shop.py: tests/test_shop.py\n" in text


@pytest.mark.parametrize("form", ["testmap", "json", "graphml", "dot"])
def test_the_map_can_be_exported(shop, form):
    assert "shop.py" in tdad_in(shop, "map", "export", "--format", form, "-o", "-")


def test_the_graph_can_be_exported(shop):
    calls = json.loads(tdad_in(shop, "graph", "export", "--calls"))
    assert calls["tests.test_shop.test_name"] == ["shop.Cart.__init__", "shop.Cart.name"]
    assert json.loads(tdad_in(shop, "graph", "export"))


def test_shards_are_merged(shop):
    for number, keyword in enumerate(("total", "name")):
        shutil.rmtree(shop / ".tdad")
        pytest_in(shop, "--tdad-map", "-k", keyword, code=None)
        shutil.copy(shop / ".tdad" / "map.sqlite3", shop / f"shard-{number}.sqlite3")
    shutil.rmtree(shop / ".tdad")
    tdad_in(shop, "map", "merge", "shard-0.sqlite3", "shard-1.sqlite3")
    assert json.loads(tdad_in(shop, "map", "stats", "--json"))["tests"] == 3


def test_record_from_outside_ends_like_pytest_and_keeps_stdout_clean(shop):
    shutil.rmtree(shop / ".tdad")
    arguments = ("record", "--python", sys.executable, "--json", "--", "-q", "-p", "no:tdad")
    answer = json.loads(tdad_in(shop, *arguments, code=1))
    assert answer["statuses"] == {"failed": 2, "passed": 1}


def test_record_passes_on_what_pytest_says_of_wrong_usage(shop):
    arguments = ("record", "--python", sys.executable, "--", "--no-such-option")
    assert tdad_in(shop, *arguments, code=4) == ""


def test_coverage_data_is_imported(shop):
    shutil.rmtree(shop / ".tdad")
    pytest_in(shop, "--cov", "--cov-context=test", code=1)
    tdad_in(shop, "map", "import", ".coverage")
    assert json.loads(tdad_in(shop, "map", "stats", "--json"))["tests"] == 3


@pytest.mark.parametrize(
    ("arguments", "slug"),
    [
        (("impact", "--base", "mian"), "revision-unknown"),
        (("impact", "--patch", "shop.py"), "patch-unreadable"),
        (("impact", "--files", "no.py"), "file-not-in-project"),
        (("explain", "tests/test_shop.py::test_nothing"), "test-unknown"),
        (("map", "show", "no.py"), "not-in-map"),
        (("map", "import", "shop.py"), "coverage-file-unusable"),
        (("map", "merge", "shop.py"), "not-a-map"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_bad_input_is_one_sentence(shop, arguments, slug):
    before = (shop / ".tdad" / "map.sqlite3").read_bytes()
    done = run(sys.executable, "-m", "tdad", *arguments, cwd=shop, code=None)
    assert done.returncode in {2, 3}
    assert done.stdout == ""
    assert done.stderr.startswith("tdad: ")
    assert done.stderr.endswith(f"[{slug}]\n")
    assert done.stderr.count("\n") == 1
    if arguments[0] == "map":
        assert (shop / ".tdad" / "map.sqlite3").read_bytes() == before


def test_no_map(shop):
    shutil.rmtree(shop / ".tdad")
    done = run(sys.executable, "-m", "tdad", "impact", cwd=shop, code=3)
    assert done.stderr.endswith("pytest --tdad-map [map-not-found]\n")
    assert not (shop / ".tdad").exists()
