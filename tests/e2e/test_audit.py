"""``tdad audit`` on throw-away projects: it measures the copy, keeps what it found, and reports what was missed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from casefile import read_cases

from tdad.evaluation.records import read_trial
from tdad.facts import Observation, Owner, OwnerKind, Run
from tdad.facts_faults import Trial
from tdad.store import open_map
from tests.e2e import shop_project as shop

pytestmark = pytest.mark.slow

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "audit-1.schema.json"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The recorded shop, with a test that notices every other price."""
    root = tmp_path_factory.mktemp("template")
    shop.write(root, shop.FILES)
    shop.edit(root, "> price", "== price * 1.19", "tests/test_shop.py")
    shop.git(root, "init", "-q", "-b", "main")
    shop.git(root, "add", "-A")
    shop.git(root, "commit", "-qm", "shop")
    done = shop.run_pytest(root, "-q", "--tdad-map")
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def project(template, tmp_path):
    return shop.copied(template, tmp_path / "project")


def audit(root: Path, *arguments: str, code: int = 0, **more: str) -> dict[str, Any]:
    done = shop.tdad(root, "audit", "--json", *arguments, timeout=400, **more)
    assert done.returncode == code, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    return document


def ledger(root: Path, name: str = "faults-1.jsonl") -> list[Trial]:
    (path,) = (root / ".tdad" / "audit").glob(f"*/{name}")
    return [read_trial(json.loads(line)) for line in path.read_text().splitlines()]


def timeless(trials: list[Trial]) -> list[Trial]:
    plain = [replace(trial, ask_s=0.0, run_s=0.0) for trial in trials]
    return sorted(plain, key=lambda trial: trial.number)


def test_every_failing_test_is_selected_and_the_project_is_only_read(project):
    before = {path: path.stat().st_mtime_ns for path in project.glob("**/*.py")}
    document = audit(project, "--faults", "4", "--jobs", "2", "--min-safe", "1")
    figures = document["figures"]
    assert figures["tried"] == 4
    assert figures["failing"] >= 3
    assert figures["safe"] == figures["failing"]
    assert document["set_aside"] == []
    assert {path: path.stat().st_mtime_ns for path in project.glob("**/*.py")} == before
    assert shop.git(project, "status", "--porcelain") == ""
    assert not list(Path(tempfile.gettempdir()).glob(f"tdad-audit-*/*/{project.name}/shop.py"))

    static = audit(project, "--faults", "1", "--static")  # the same baseline, the same faults
    assert static["source"] == "static"
    assert static["trials"][0]["detail"] == document["trials"][0]["detail"]
    assert static["trials"][0]["failing"] == document["trials"][0]["failing"]


def forget_what_it_executed(root: Path, node_id: str) -> None:
    """Make the map lie: this test is said to execute nothing."""
    with open_map(root / shop.MAP, mode="write") as store:
        recorded = store.recorded()
        test = recorded.tests[node_id]
        environment = recorded.environment
        assert environment is not None
        assert recorded.recorded_at is not None
        paths = [path for path in recorded.paths() if path.endswith(".py")]
        store.save(
            Run(
                run_id="lie",
                started_at=recorded.recorded_at + 1,
                granularity=recorded.granularity,
                recorder=recorded.recorder,
                environment=environment,
                observations=(Observation(Owner(OwnerKind.TEST, node_id)),),
                tests=(replace(test, owners=()),),
                digests={path: recorded.versions(path)[0] for path in paths},
                complete=True,
            ),
            {},
        )


def test_a_miss_is_reported_with_a_case_file_and_exit_code_1(project):
    lied_about = shop.TOTAL[0]
    forget_what_it_executed(project, lied_about)
    audit(project, "--faults", "1")
    first = ledger(project)
    document = audit(project, "--faults", "6", "--jobs", "2", "--min-safe", "0.99", code=1)
    assert ledger(project)[:1] == first  # it goes on where it stopped
    missed = [trial for trial in document["trials"] if trial["missed"]]
    assert missed
    assert all(trial["missed"] == [lied_about] for trial in missed)
    assert {trial["name"] for trial in missed} == {"shop.py::total", "shop.py::"}
    assert len(document["cases"]) == len(missed)
    path = Path(document["folder"]) / "cases" / document["cases"][0]
    (case,) = read_cases(path)
    assert case.fails == [lied_about]
    assert set(case.files) == {"shop.py", "tests/test_shop.py"}
    assert list(case.stages[-1].edits) == ["shop.py"]
    assert f"# {lied_about}: shop.py::" in path.read_text(encoding="utf-8")  # the lacking chain

    shop.edit(project, "VAT = 1.19", "VAT = 1.20")  # another version begins anew
    done = shop.tdad(project, "audit", "--time-budget", "0s", "--min-safe", "0.5")
    assert "running the tests twice" in done.stderr
    assert done.returncode == 3, "nothing was measured, so nothing is decided"


def test_ctrl_c_keeps_what_was_found(project):
    command = [sys.executable, "-m", "tdad", "audit", "--faults", "40", "--jobs", "1"]
    process = subprocess.Popen(
        command,
        cwd=project,
        env=shop.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = list((project / ".tdad" / "audit").glob("*/faults-1.jsonl"))
        if found and found[0].read_text(encoding="utf-8").count("\n") >= 1:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert len(ledger(project)) >= 1
    assert "are left; the same command goes on." in out
    assert "Traceback" not in err


def test_only_one_audit_of_a_project_at_a_time(project):
    import fcntl

    folder = project / ".tdad" / "audit"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shop.tdad(project, "audit")
    assert done.returncode == 3
    assert "[audit-running]" in done.stderr


def test_without_a_map_the_suite_is_recorded_in_the_copy(tmp_path):
    shop.write(tmp_path, shop.FILES)  # no git either
    document = audit(tmp_path, "--faults", "2", "--jobs", "2")
    assert document["figures"]["failing"] >= 1
    assert document["figures"]["safe"] == document["figures"]["failing"]
    assert not (tmp_path / shop.MAP).exists()


def test_a_suite_that_does_not_run_is_refused(project):
    shop.write(project, {"conftest.py": "import no_such_module\n"})
    done = shop.tdad(project, "audit")
    assert done.returncode == 3
    assert "[audit-nothing-ran]" in done.stderr


def test_tests_that_fail_without_a_fault_and_flaky_ones_are_set_aside(project):
    flaky = (
        "from pathlib import Path\nimport os, shop\n\n"
        "def test_broken():\n    assert shop.slow() == 2\n\n"
        "def test_flaky():\n    count = Path(os.environ['COUNT'])\n"
        "    count.write_text(count.read_text() + 'x' if count.exists() else 'x')\n"
        "    assert len(count.read_text()) != 2\n"
    )
    shop.write(project, {"tests/test_rough.py": flaky})
    count = project.parent / "count"
    document = audit(project, "--faults", "1", COUNT=str(count))
    assert document["set_aside"] == [
        "tests/test_rough.py::test_broken",
        "tests/test_rough.py::test_flaky",
    ]


SRC = {
    "pyproject.toml": "[tool.tdad]\n",
    "src/till/__init__.py": "def total(a, b):\n    return a + b\n",
    "tests/test_till.py": "import till\n\ndef test_total():\n    assert till.total(1, 2) == 3\n",
}


def test_a_src_layout_that_is_on_the_path_is_imported_from_the_copy(tmp_path):
    """As an editable install puts the user's own ``src`` on the path."""
    shop.write(tmp_path, SRC)
    document = audit(tmp_path, "--faults", "2", "--jobs", "1", PYTHONPATH=str(tmp_path / "src"))
    assert [trial["failing"] for trial in document["trials"]] == [
        ["tests/test_till.py::test_total"]
    ] * 2
    assert document["figures"]["safe"] == 2


def test_an_install_that_always_wins_is_refused(tmp_path):
    """As an import hook of an editable install does that comes before every path."""
    project, hook = tmp_path / "project", tmp_path / "hook"
    shop.write(project, SRC)
    insists = f"import sys\nsys.path.insert(0, {str(project / 'src')!r})\n"
    shop.write(hook, {"sitecustomize.py": insists})
    done = shop.tdad(project, "audit", PYTHONPATH=str(hook))
    assert done.returncode == 3
    assert "[audit-wrong-tree]" in done.stderr
    assert str(project / "src") in done.stderr


def test_no_code_to_break(tmp_path):
    shop.write(tmp_path, {"pyproject.toml": "[tool.tdad]\n", "test_a.py": "def test_a(): pass\n"})
    done = shop.tdad(tmp_path, "audit")
    assert done.returncode == 3
    assert "[audit-no-faults]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "slug", "code"),
    [
        (["--time-budget", "soon"], "audit-budget-malformed", 2),
        (["--scheduler", "tcp://127.0.0.1:9"], "scheduler-unreachable", 3),
    ],
)
def test_wrong_arguments_are_one_sentence(project, arguments, slug, code):
    done = shop.tdad(project, "audit", "--faults", "1", *arguments)
    assert done.returncode == code
    assert f"[{slug}]" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cluster_gives_what_this_machine_gives(project, tmp_path):
    from distributed import LocalCluster

    here = project
    audit(here, "--faults", "3", "--jobs", "2")
    there = shop.copied(here, tmp_path / "there")  # with the baseline, and without the trials
    (path,) = (there / ".tdad" / "audit").glob("*/faults-1.jsonl")
    path.unlink()
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        audit(there, "--faults", "3", "--scheduler", cluster.scheduler_address)
    assert timeless(ledger(there)) == timeless(ledger(here))


def test_history_puts_old_code_back_under_new_tests(tmp_path):
    shop.write(
        tmp_path, {"shop.py": "def total(a, b):\n    return a - b\n", ".gitignore": ".tdad\n"}
    )
    shop.write(tmp_path, {"test_shop.py": "import shop\n\ndef test_shop():\n    assert shop\n"})
    shop.git(tmp_path, "init", "-q", "-b", "main")
    shop.git(tmp_path, "add", "-A")
    shop.git(tmp_path, "commit", "-qm", "first")
    shop.edit(tmp_path, "a - b", "a + b")
    text = "import shop\n\ndef test_shop():\n    assert shop\n\ndef test_total():\n    assert shop.total(1, 2) == 3\n"
    shop.write(tmp_path, {"test_shop.py": text})
    shop.git(tmp_path, "commit", "-qam", "fix the total")
    shop.write(tmp_path, {"README": "only text\n"})
    shop.git(tmp_path, "add", "-A")
    shop.git(tmp_path, "commit", "-qm", "readme")
    head = shop.git(tmp_path, "rev-parse", "HEAD")
    document = audit(tmp_path, "--history", "5")
    (trial,) = document["trials"]
    assert document["subject"] == "history"
    assert trial["name"].endswith("fix the total")
    assert trial["failing"] == ["test_shop.py::test_total"]
    assert trial["missed"] == []
    assert trial["selected"] == 1
    assert shop.git(tmp_path, "status", "--porcelain") == ""
    assert shop.git(tmp_path, "rev-parse", "HEAD") == head


def test_history_needs_git_and_commits(tmp_path):
    shop.write(tmp_path, shop.FILES)
    done = shop.tdad(tmp_path, "audit", "--history", "3")
    assert (done.returncode, "[not-a-repository]" in done.stderr) == (3, True)
    shop.git(tmp_path, "init", "-q", "-b", "main")
    shop.git(tmp_path, "add", "-A")
    shop.git(tmp_path, "commit", "-qm", "all")
    done = shop.tdad(tmp_path, "audit", "--history", "3")
    assert (done.returncode, "[audit-no-history]" in done.stderr) == (3, True)


SECRETIVE = """
import os
from shop import total


def test_no_secret_reaches_the_code_under_test():
    assert "SHOP_TOKEN" not in os.environ
    assert os.environ["SHOP_REGION"] == "north"
    assert total is not None
"""


def test_the_code_under_test_gets_the_variables_that_are_named_and_no_others(project):
    shop.write(project, {"tests/test_secretive.py": SECRETIVE})
    node_id = "tests/test_secretive.py::test_no_secret_reaches_the_code_under_test"
    unnamed = audit(project, "--faults", "1", SHOP_TOKEN="secret", SHOP_REGION="north")
    assert unnamed["set_aside"] == [node_id]
    shop.write(project, {"pyproject.toml": '[tool.tdad]\npass_env = ["SHOP_REGION"]\n'})
    named = audit(project, "--faults", "1", SHOP_TOKEN="secret", SHOP_REGION="north")
    assert named["set_aside"] == []
