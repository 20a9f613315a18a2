"""``tdad record``: pytest in an interpreter that knows nothing of tdad."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

import tdad
from tdad.facts import Owner, OwnerKind, Run
from tdad.trace.spool import read_run

SOURCE = Path(tdad.__file__).resolve().parent.parent
RECORD = """
import sys
from pathlib import Path
sys.path.insert(0, {source!r})
from tdad.config import Config, find_root
from tdad.workflows.record_outside import run_outside
root = find_root(Path.cwd())
run = run_outside(root, Config(), sys.argv[1] or None, sys.argv[3:], lines=sys.argv[2] == "lines")
Path({answer!r}).write_text(str(run.spool))
sys.exit(run.exit_code)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with a path full of surprises and pytest, but without tdad; no index is asked."""
    folder = tmp_path_factory.mktemp("target") / "an environment ü"
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    for name in (
        "pytest",
        "_pytest",
        "pluggy",
        "iniconfig",
        "packaging",
        "pygments",
        "xdist",
        "execnet",
        "py",
    ):
        file = Path(pytest.importorskip(name).__file__)
        source = file.parent if file.name == "__init__.py" else file
        (site / source.name).symlink_to(source)
    for pattern in ("pytest-*", "pytest_xdist-*", "pluggy-*", "execnet-*"):
        for info in Path(pytest.__file__).parents[1].glob(f"{pattern}.dist-info"):
            (site / info.name).symlink_to(info)
    return folder / "bin" / "python"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "a project ü"
    (root / "tests").mkdir(parents=True)
    (root / "pyproject.toml").write_text(
        "[tool.tdad]\n[tool.pytest.ini_options]\naddopts = '-p no:doctest -q'\n"
    )
    (root / "shop.py").write_text("def total(x):\n    if x:\n        return 1\n    return 0\n")
    (root / "tests" / "test_shop.py").write_text(
        "import os, sys\nimport shop\n\n\ndef test_total():\n    assert shop.total(1) == 1\n\n\n"
        "def test_environment():\n"
        "    assert not [name for name in os.environ if 'TDAD' in name]\n"
        "    assert not [entry for entry in sys.path if 'tdad' in entry]\n"
        "    assert 'PYTHONPATH' not in os.environ\n"
    )
    return root


def record(
    cwd: Path,
    python: Path | str,
    *args: str,
    lines: bool = False,
    answer: Path | None = None,
    **more: str,
) -> subprocess.CompletedProcess[str]:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            script(answer or cwd / "spool.txt"),
            str(python),
            "lines" if lines else "",
            *args,
        ],
        cwd=cwd,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(args, process.returncode, out, err)


def script(answer: Path) -> str:
    return RECORD.format(source=str(SOURCE), answer=str(answer))


def environment(**more: str) -> dict[str, str]:
    dropped = ("PYTEST", "TDAD", "PYTHON", "COV", "VIRTUAL_ENV")
    return {k: v for k, v in os.environ.items() if not k.startswith(dropped)} | more


def recorded(cwd: Path) -> Run:
    return read_run(Path((cwd / "spool.txt").read_text()))


def entered(run: Run, node_id: str) -> dict[str, frozenset[int]]:
    (found,) = (o for o in run.observations if o.owner == Owner(OwnerKind.TEST, node_id))
    return dict(found.starts)


TOTAL = "tests/test_shop.py::test_total"


@pytest.mark.parametrize(
    "options",
    [(), ("-n2",), ("-p", "no:cacheprovider", "-p", "no:logging")],
    ids=["plain", "xdist", "no-plugins"],
)
def test_a_project_whose_environment_has_no_tdad(
    project: Path, python: Path, options: tuple[str, ...]
) -> None:
    before = sorted(
        path for path in python.parents[1].rglob("*") if "__pycache__" not in path.parts
    )
    done = record(project, python, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    run = recorded(project)
    assert sorted(test.node_id for test in run.tests) == [
        "tests/test_shop.py::test_environment",
        TOTAL,
    ]
    assert entered(run, TOTAL)["shop.py"] == {1}
    assert (
        sorted(path for path in python.parents[1].rglob("*") if "__pycache__" not in path.parts)
        == before
    )


def test_lines(project: Path, python: Path) -> None:
    assert record(project, python, lines=True).returncode == 0
    run = recorded(project)
    if sys.version_info < (3, 12):  # no coverage in that environment, so nothing there sees lines
        assert (run.granularity, run.recorder) == ("functions", "settrace")
        return
    (found,) = (o for o in run.observations if o.owner == Owner(OwnerKind.TEST, TOTAL))
    assert {2, 3} <= found.lines["shop.py"] <= {1, 2, 3}


def test_output_and_exit_code_are_those_of_pytest(project: Path, python: Path) -> None:
    (project / "tests" / "test_red.py").write_text(
        "import sys\n\n\ndef test_red():\n    sys.stderr.write('loud')\n    assert 0\n"
    )
    plain = subprocess.run(
        [str(python), "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    done = record(project, python, "-p", "no:cacheprovider")
    assert (done.returncode, done.stderr) == (plain.returncode, plain.stderr) == (1, "")
    assert _without_times(done.stdout) == _without_times(plain.stdout)
    assert record(project, python, "--no-such-option").returncode == 4
    assert record(project, python, "-k", "nothing").returncode == 5


def _without_times(text: str) -> list[str]:
    return [line.partition(" in ")[0] for line in text.splitlines()]


def test_from_a_sub_directory(project: Path, python: Path) -> None:
    done = record(project / "tests", python, "test_shop.py", PYTHONPATH=str(project))
    run = recorded(project / "tests")
    assert entered(run, TOTAL)["shop.py"] == {1}, done.stdout


def test_a_sitecustomize_and_a_safe_path_of_the_users(project: Path, python: Path) -> None:
    (project / "site").mkdir()
    (project / "site" / "sitecustomize.py").write_text("import sys\nsys.theirs = True\n")
    (project / "tests" / "test_site.py").write_text(
        "import os, sys\n\n\ndef test_site():\n    assert sys.theirs\n"
        "    assert 'inject' not in os.environ['PYTHONPATH']\n"
    )
    path = f"{project}{os.pathsep}{project / 'site'}"
    done = record(project, python, "tests/test_site.py", PYTHONSAFEPATH="1", PYTHONPATH=path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [test.node_id for test in recorded(project).tests] == ["tests/test_site.py::test_site"]


def test_the_environment_of_the_project_is_found_by_itself(project: Path, python: Path) -> None:
    (project / ".venv").symlink_to(python.parents[1])
    (project / "tests" / "test_where.py").write_text(
        "import sys\n\n\ndef test_where():\n    assert '.venv' in sys.executable\n"
    )
    done = record(project, "", "tests/test_where.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_ctrl_c_reaches_pytest_and_keeps_the_finished_tests(project: Path, python: Path) -> None:
    (project / "tests" / "test_zlong.py").write_text(
        "import sys, time\n\n\ndef test_long():\n    sys.__stderr__.write('up\\n')\n"
        "    sys.__stderr__.flush()\n    time.sleep(30)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script(project / "spool.txt"), str(python), "", "-s"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "up\n"
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        assert time.monotonic() - started < 20
    assert process.returncode == 2, out
    assert "KeyboardInterrupt" in out
    run = recorded(project)
    assert TOTAL in {test.node_id for test in run.tests}
    assert not run.complete
