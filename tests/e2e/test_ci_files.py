"""What people copy into their CI: valid by the schemas of those who read it, and really run."""

from __future__ import annotations

import importlib.resources
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tdad.runner.interpreter import ALONE
from tests.e2e.actions import Ran, load, run_action
from tests.lean import ADDOPTS

ACTION = load("action.yml")
GITLAB = load("ci/gitlab/tdad-gate.yml")
HOOKS = {hook["id"]: hook for hook in load(".pre-commit-hooks.yaml")}
TOOLS = Path(sys.executable).parent

CART = "def total(a, b):\n    return a + b\n"
TESTS = """\
from shop import total

def test_total():
    print("::error file=forged.py::forged")
    assert total(1, 2) == 3

def test_zero():
    assert total(0, 0) == 0
"""


GATE_IN_CI = (Path(__file__).parents[2] / "docs/how-to/gate-in-ci.md").read_text(encoding="utf-8")


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository with ``main``, a pull request that breaks a test, one that does not, and their merges."""
    folder = tmp_path_factory.mktemp("origin")
    work, bare = folder / "work", folder / "bare.git"
    work.mkdir()
    git(work, "init", "-q", "-b", "main")
    for name, value in (
        ("user.name", "Ann"),
        ("user.email", "ann@example.com"),
        ("commit.gpgsign", "false"),
    ):
        git(work, "config", name, value)
    commit(
        work,
        "main",
        {
            "shop.py": CART,
            "test_shop.py": TESTS,
            "pyproject.toml": f"[tool.tdad]\n[tool.pytest.ini_options]\naddopts = '{ADDOPTS}'\n",
            ".gitignore": ".tdad/\n__pycache__/\n",
        },
    )
    for number in range(3):
        commit(work, f"main {number}", {"README.md": str(number)})
    git(work, "checkout", "-q", "-b", "bad")
    commit(work, "bad", {"shop.py": CART.replace("a + b", "a - b")})
    git(work, "checkout", "-q", "-b", "good", "main")
    commit(work, "good", {"shop.py": CART.replace("a + b", "b + a")})
    git(work, "checkout", "-q", "main")
    commit(work, "later", {"README.md": "later"})
    for branch in ("bad", "good"):
        git(work, "checkout", "-q", "--detach", "main")
        git(work, "merge", "-q", "--no-ff", "-m", f"merge {branch}", branch)
        git(work, "update-ref", f"refs/pull/{branch}/merge", "HEAD")
    git(work, "checkout", "-q", "main")
    git(folder, "clone", "-q", "--bare", str(work), str(bare))
    git(bare, "fetch", "-q", str(work), "refs/pull/*:refs/pull/*")
    git(bare, "config", "uploadpack.allowReachableSHA1InWant", "true")
    return bare


def commit(work: Path, message: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        (work / name).write_text(text)
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", message)


def environ(tmp_path: Path) -> dict[str, str]:
    """What a job has; tdad is that of this environment, and tests run with its interpreter."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    path = os.pathsep.join([str(TOOLS), os.environ["PATH"]])
    return {
        "PATH": path,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "VIRTUAL_ENV": str(TOOLS.parent),
        # a file that is changed within the second, and keeps its length, would run from the bytecode of before
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def on_pull_request(origin: Path, tmp_path: Path, branch: str, **inputs: str) -> Ran:
    """Check out as actions/checkout does on a pull request (one commit of the merge), and run the action."""
    checkout = tmp_path / "checkout"
    git(tmp_path, "init", "-q", str(checkout))
    git(checkout, "remote", "add", "origin", f"file://{origin}")
    git(checkout, "fetch", "-q", "--no-tags", "--depth=1", "origin", f"refs/pull/{branch}/merge")
    git(checkout, "checkout", "-q", "--detach", "FETCH_HEAD")
    github = {"event_name": "pull_request", "base_ref": "main"}
    temporary = tmp_path / "runner"
    temporary.mkdir()
    return run_action(
        ACTION,
        checkout,
        temporary,
        github=github,
        inputs={"install": "", **inputs},
        environ=environ(tmp_path),
    )


@pytest.mark.slow
def test_the_action_finds_the_regression_of_a_pull_request(origin, tmp_path):
    ran = on_pull_request(origin, tmp_path, "bad", arguments="--reruns 1 --sandbox auto")
    assert ran.code == 1, ran.log
    assert ran.outputs["gate"]["verdict"] == "regression"
    assert ran.outputs["base"]["exact"] == "true"
    assert ran.summary.startswith("## ❌ tdad gate: the change breaks what worked")
    reports = Path(ran.outputs["gate"]["reports"])
    report = json.loads((reports / "gate.json").read_text())
    assert [t["id"] for t in report["tests"] if t["verdict"] == "regression"] == [
        "test_shop.py::test_total"
    ]
    assert sorted(p.name for p in reports.iterdir()) == [
        "annotations.txt", "gate.json", "gate.sarif", "junit.xml", "summary.md",
    ]  # fmt: skip
    before, _, after = ran.log.rpartition("::\n::error ")
    assert "::stop-commands::" in before
    assert after.startswith(
        "file=shop.py,line=2,title=regression%3A test_shop.py%3A%3Atest_total::"
    )


@pytest.mark.slow
def test_the_action_lets_a_harmless_pull_request_pass(origin, tmp_path):
    ran = on_pull_request(origin, tmp_path, "good", policy="unreached-code=off removed-test=fail")
    assert (ran.code, ran.outputs["gate"]["verdict"]) == (0, "pass"), ran.log
    assert ran.summary.startswith("## ✅")


def test_the_action_does_not_run_where_secrets_are(tmp_path):
    for event in ("pull_request_target", "workflow_run"):
        ran = run_action(
            ACTION,
            tmp_path,
            tmp_path,
            github={"event_name": event},
            inputs={},
            environ=environ(tmp_path),
        )
        assert ran.code == 3
        assert "Run it on pull_request." in ran.log


@pytest.mark.parametrize("folder", [".", "services/api", "services/api/"])
def test_the_map_is_looked_for_under_the_path_under_which_it_was_saved(origin, tmp_path, folder):
    """GitHub finds a cache only by the same key *and* the same path, as it is written."""
    git(tmp_path, "clone", "-q", "--branch", "good", str(origin), "checkout")
    steps = [step for step in ACTION["runs"]["steps"] if step.get("id") == "base"]
    ran = run_action(
        {**ACTION, "runs": {"steps": steps}},
        tmp_path / "checkout",
        tmp_path,
        github={"event_name": "push", "event.before": "0000"},
        inputs={"working-directory": folder},
        environ=environ(tmp_path),
    )
    path = ran.outputs["base"]["map"]
    saved = set(re.findall(r"cache/save@v4\n +with:\n +path: (.+)\n", GATE_IN_CI))
    assert saved == {".tdad/map.sqlite3", "${{ matrix.root }}/.tdad/map.sqlite3"}
    assert path in {each.replace("${{ matrix.root }}", "services/api") for each in saved}


def test_the_action_says_when_the_base_is_not_there(origin, tmp_path):
    ran = on_pull_request(origin, tmp_path, "bad", base="no-such-branch")
    assert ran.code == 3
    assert "Check out with fetch-depth: 0" in ran.log


def test_a_gate_that_cannot_run_fails_the_job_and_says_so(origin, tmp_path):
    ran = on_pull_request(origin, tmp_path, "bad", arguments="--no-such-option")
    assert (ran.code, ran.outputs["gate"]["verdict"]) == (2, "error")
    assert "could not be run" in ran.summary
    assert (
        on_pull_request(
            origin,
            make(tmp_path / "again"),
            "bad",
            **{"arguments": "--no-such-option", "report-only": "true"},
        ).code
        == 0
    )


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_nothing_that_others_choose_gets_into_a_script():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_environment_that_the_action_makes_is_known_to_be_for_tdad_alone():
    """As people copy it there is no ``.venv``, and the python on PATH has the project."""
    (install,) = (step for step in ACTION["runs"]["steps"] if step["name"] == "Install tdad")
    assert any(f'touch "$RUNNER_TEMP/tdad/{mark}"' in install["run"] for mark in ALONE)


def test_the_action_keeps_to_the_schema_of_github():
    validate("github-actions.json", ACTION)


@pytest.mark.parametrize(
    "page", ["docs/how-to/gate-in-ci.md", "docs/how-to/continuous-integration.md"]
)
def test_workflows_in_the_documentation_are_workflows(page):
    from ruamel.yaml import YAML

    text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
    found = [
        YAML(typ="safe").load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    ]
    for document in found:
        if isinstance(document, dict) and "jobs" in document:
            validate("github-workflows.json", document)
    assert any(isinstance(each, dict) and "jobs" in each for each in found) == ("gate" in page)


def test_the_template_keeps_to_the_schema_of_gitlab():
    validate(
        "gitlab-ci.json",
        {**GITLAB, "gate": {"extends": ".tdad-gate"}, "record": {"extends": ".tdad-record"}},
    )


def validate(name: str, document: object) -> None:
    folder = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / name).read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(document)


@pytest.mark.slow
def test_the_job_of_gitlab_leaves_its_reports(origin, tmp_path):
    git(tmp_path, "clone", "-q", "--branch", "bad", str(origin), "checkout")
    checkout = tmp_path / "checkout"
    env = environ(tmp_path) | {
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(checkout, "merge-base", "origin/main", "HEAD"),
        "CI_DEFAULT_BRANCH": "main",
        "TDAD_ARGUMENTS": "--reruns 1",
    }
    script = "set -eo pipefail\n" + "\n".join(GITLAB[".tdad-gate"]["script"])
    done = subprocess.run(
        ["bash", "-c", script], cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    for kind, name in GITLAB[".tdad-gate"]["artifacts"]["reports"].items():
        assert "test_total" in (checkout / name).read_text(), kind


@pytest.mark.slow
def test_the_hooks_of_pre_commit(origin, tmp_path):
    git(tmp_path, "clone", "-q", "--branch", "good", str(origin), "checkout")
    checkout = tmp_path / "checkout"
    shutil.copy(checkout / "shop.py", tmp_path / "shop.py")
    assert hook("tdad-select", checkout, environ(tmp_path)).returncode == 0
    (checkout / "shop.py").write_text(CART.replace("a + b", "a - b"))
    done = hook("tdad-select", checkout, environ(tmp_path))
    assert done.returncode == 1
    assert "test_total" in done.stdout
    git(
        checkout,
        "-c",
        "user.name=Ann",
        "-c",
        "user.email=ann@example.com",
        "commit",
        "-qam",
        "bad",
    )
    refs = {
        "PRE_COMMIT_FROM_REF": git(checkout, "rev-parse", "HEAD^"),
        "PRE_COMMIT_TO_REF": "HEAD",
    }
    done = hook(
        "tdad-gate",
        checkout,
        environ(tmp_path) | refs,
        "--reruns",
        "1",
        "--python",
        sys.executable,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("regression")


def test_the_first_push_of_a_project_has_nothing_to_be_compared_with(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    done = hook("tdad-gate", tmp_path, environ(tmp_path) | {"PRE_COMMIT_REMOTE_NAME": "origin"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing of this is on the remote yet" in done.stdout


def hook(
    name: str, checkout: Path, env: dict[str, str], *args: str
) -> subprocess.CompletedProcess[str]:
    """Run a hook as pre-commit does: the words of its entry, then its arguments."""
    import shlex

    command = [*shlex.split(HOOKS[name]["entry"]), *args]
    return subprocess.run(
        command, cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
