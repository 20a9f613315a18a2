"""Child processes of every kind record for the test, fixture or import that starts them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.plugin.children_run import Ran, environment, functions, run_pytest
from tests.plugin.recording_project import pythons

OLD = ("python2.7", "python3.6", "python3.7")
SHOP = """
def total(x):
    return x + 1


def less(x):
    return x - 1


def send(queue):
    queue.put(3)


def endless():
    import time
    print("up", flush=True)
    time.sleep(30)


def nested():
    import subprocess, sys
    subprocess.run([sys.executable, "-c", "import shop; shop.less(1)"], check=True, env={})


def at_import():
    return 1
"""
SCRIPT = """
from shop import less


def main():
    print(less(1))


if __name__ == "__main__":
    main()
"""
TESTS = """
import multiprocessing, os, signal, subprocess, sys, time
from concurrent.futures import ProcessPoolExecutor

import pytest

import shop

PYTHON = sys.executable
subprocess.run([PYTHON, "-c", "import shop; shop.at_import()"], check=True)


def run(*argv, **more):
    done = subprocess.run([PYTHON, *argv], capture_output=True, text=True, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_script():
    assert run("script.py") == "0\\n"


def test_module():
    run("-m", "script")


def test_command():
    run("-c", "import shop; shop.total(1)")


def test_empty_environment():
    run("script.py", env={})


def test_environment_with_a_path():
    out = run("-c", "import os, shop; shop.total(1); print(os.environ)", env={"PYTHONPATH": os.getcwd(), "A": "1"})
    assert "TDAD" not in out and "inject" not in out and "PYTHONPATH" in out


def test_path_set_by_the_test(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    assert run("-c", "import os, shop; shop.total(1); print(os.environ['PYTHONPATH'])", cwd="/") == os.getcwd() + "\\n"


def test_shell():
    assert os.system("%s -c 'import shop; shop.less(1)'" % PYTHON) == 0


def test_posix_spawn():
    os.waitpid(os.posix_spawn(PYTHON, [PYTHON, "-c", "import shop; shop.less(1)"], {"A": "1"}), 0)


def test_fork():
    pid = os.fork()
    if not pid:
        shop.total(1)
        os._exit(0)
    os.waitpid(pid, 0)


@pytest.mark.parametrize("env", [None, {}])
def test_exec(env):
    pid = os.fork()
    if not pid:
        argv = [PYTHON, "-c", "import shop; shop.less(1)"]
        os.execv(PYTHON, argv) if env is None else os.execve(PYTHON, argv, env)
    os.waitpid(pid, 0)


def test_killed_fork():
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        shop.total(1)
        os.write(write, b"x")
        time.sleep(30)
    os.read(read, 1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(read), os.close(write)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_killed(number):
    with subprocess.Popen([PYTHON, "-c", "import shop; shop.endless()"], stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"up\\n"
        child.send_signal(number)
        assert child.wait() == -number


def test_child_of_a_child():
    run("-c", "import subprocess as s, sys; s.run([sys.executable, '-c', 'import shop; shop.nested()'], check=True)")


@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver"])
def test_process(how):
    context = multiprocessing.get_context(how)
    queue = context.Queue()
    child = context.Process(target=shop.send, args=(queue,))
    child.start()
    assert queue.get() == 3
    child.join()


def test_second_child_of_the_forkserver():
    child = multiprocessing.get_context("forkserver").Process(target=shop.less, args=(1,))
    child.start()
    child.join()


@pytest.fixture(scope="module", params=["fork", "spawn", "forkserver"])
def pool(request):
    with multiprocessing.get_context(request.param).Pool(1) as pool:
        yield pool


def test_pool_first(pool):
    assert pool.map(shop.total, [1]) == [2]


def test_pool_second(pool):
    assert pool.apply(shop.less, (1,)) == 0


@pytest.fixture(scope="module")
def executor():
    with ProcessPoolExecutor(1) as executor:
        yield executor


def test_executor_first(executor):
    assert executor.submit(shop.total, 1).result() == 2


def test_executor_second(executor):
    assert list(executor.map(shop.less, [1])) == [0]


@pytest.fixture(scope="module")
def made():
    return run("script.py")


def test_fixture(made):
    pass


def test_own_environment():
    assert not [name for name in os.environ if "TDAD" in name or "PYTHONPATH" in name]
    assert not [entry for entry in sys.path if "inject" in entry]
    code = "import os, sys; print([n for n in [*os.environ, *sys.path] if 'TDAD' in n or 'inject' in n])"
    assert run("-c", code) == "[]\\n"
    assert run("-c", "import os; print('PYTHONPATH' in os.environ)") == "False\\n"


@pytest.mark.parametrize("flag", ["-I", "-S", "-E"])
def test_isolated(flag):
    run(flag, "-c", "print(1)")
"""
EXPECTED = {
    "test_script": {"less"},
    "test_module": {"less"},
    "test_command": {"total"},
    "test_empty_environment": {"less"},
    "test_environment_with_a_path": {"total"},
    "test_path_set_by_the_test": {"total"},
    "test_shell": {"less"},
    "test_posix_spawn": {"less"},
    "test_fork": {"total"},
    "test_exec[None]": {"less"},
    "test_exec[env1]": {"less"},
    "test_killed_fork": {"total"},
    "test_killed[term]": {"endless"},
    "test_killed[kill]": {"endless"},
    "test_child_of_a_child": {"nested", "less"},
    "test_process[fork]": {"send"},
    "test_process[spawn]": {"send"},
    "test_process[forkserver]": {"send"},
    "test_second_child_of_the_forkserver": {"less"},
    "test_pool_first[fork]": {"total"},
    "test_pool_first[spawn]": {"total"},
    "test_pool_first[forkserver]": {"total"},
    "test_pool_second[fork]": {"less"},
    "test_pool_second[spawn]": {"less"},
    "test_pool_second[forkserver]": {"less"},
    "test_executor_first": {"total"},
    "test_executor_second": {"less"},
    "test_fixture": set(),
    "test_own_environment": set(),
}


def write(root: Path) -> Path:
    root.mkdir()
    for name, text in (("shop", SHOP), ("script", SCRIPT), ("test_kids", TESTS)):
        (root / f"{name}.py").write_text(text.lstrip())
    return root


@pytest.fixture(scope="module", params=pythons())
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    root = write(tmp_path_factory.mktemp("kids") / "a project ü")
    return run_pytest(root, "-W", "ignore", python=request.param)


def test_the_tests_pass_and_nothing_is_said(ran: Ran) -> None:
    assert ran.code == 0, ran.out
    assert ran.err == ""


def test_each_child_belongs_to_the_test_that_started_it(ran: Ran) -> None:
    lines = {line: name for name, line in functions(ran.root / "shop.py").items()}
    found = {}
    for test in EXPECTED:
        starts = ran.seen("test", f"test_kids.py::{test}").starts.get("shop.py", frozenset())
        found[test] = {lines[line] for line in starts}
    assert found == EXPECTED


def test_a_program_is_run_by_the_test_and_is_no_import(ran: Ran) -> None:
    main = functions(ran.root / "script.py")["main"]
    observation = ran.seen("test", "test_kids.py::test_script")
    assert observation.starts["script.py"] >= {main}
    assert {"script.py", "shop.py"} <= set(observation.imports) | {"shop.py"}
    assert "script.py" in observation.imports


def test_children_of_fixtures_and_imports_belong_to_them(ran: Ran) -> None:
    shop = functions(ran.root / "shop.py")
    made = ran.seen("fixture", "test_kids.py::made@test_kids.py")
    assert made.starts["shop.py"] == {shop["less"]}
    imported = ran.seen("import", "test_kids.py")
    assert shop["at_import"] in imported.starts["shop.py"]
    causes = {
        site.line for sites in imported.causes.values() for site in sites if site.path == "shop.py"
    }
    assert shop["at_import"] in causes


def test_children_without_project_code_write_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import subprocess, sys\n\n\ndef test_a():\n"
        "    subprocess.run([sys.executable, '-c', 'import json'], check=True)\n"
    )
    ran = run_pytest(tmp_path)
    assert ran.code == 0
    assert len(ran.files()) == 1


def test_a_child_that_outlives_the_run_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text("def late():\n    return 1\n")
    (tmp_path / "test_a.py").write_text(
        "import subprocess, sys\n\n\ndef test_a():\n"
        '    code = \'import time; time.sleep(1); import late; late.late(); open("done", "w").close()\'\n'
        "    subprocess.Popen([sys.executable, '-W', 'ignore', '-c', code], stdout=subprocess.DEVNULL,"
        " stderr=open('stderr', 'w'))\n"
    )
    ran = run_pytest(tmp_path, "-W", "ignore")
    assert ran.code == 0, ran.out
    spool = tmp_path / ".tdad" / "spool"
    for file in (spool / "one").iterdir():
        file.unlink()
    (spool / "one").rmdir()
    deadline = time.monotonic() + 20
    while not (tmp_path / "done").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (tmp_path / "done").exists()
    assert list(spool.iterdir()) == []
    assert (tmp_path / "stderr").read_text() == ""


def child(
    root: Path, *argv: str, python: str = sys.executable, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, *argv],
        cwd=root,
        env=environment(root, "test_a.py::test_a", **more),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_users_own_sitecustomize_runs(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import sys\nsys.users_own = 42\n")
    path = environment(tmp_path)["PYTHONPATH"] + ":" + str(tmp_path / "site")
    code = "import os, sys, sitecustomize; print(sys.users_own, sitecustomize.__file__, os.environ['PYTHONPATH'])"
    done = child(tmp_path, "-c", code, PYTHONPATH=path)
    site = tmp_path / "site"
    assert (done.stdout, done.stderr) == (f"42 {site}/sitecustomize.py {site}\n", "")


def test_an_error_in_the_users_sitecustomize_is_shown_as_ever(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise ValueError('theirs')\n")
    path = environment(tmp_path)["PYTHONPATH"] + ":" + str(tmp_path)
    done = child(tmp_path, "-c", "print(1)", PYTHONPATH=path)
    assert done.stdout == "1\n"
    assert "ValueError: theirs" in done.stderr


def test_without_a_sitecustomize_there_is_none(tmp_path: Path) -> None:
    code = "import sys; print('sitecustomize' in sys.modules)"
    assert child(tmp_path, "-c", code).stdout == "False\n"


def test_an_uninteresting_child_loads_next_to_nothing(tmp_path: Path) -> None:
    """What costs time at start-up is modules; measured at 3 to 7 ms on a busy machine."""
    code = "import sys; print(*sorted(sys.modules))"
    with_probe = child(tmp_path, "-c", code).stdout.split()
    site = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(with_probe) - set(site.stdout.split()) <= {
        "_tdad_loader",
        "tdad_probe",
        "tdad_probe.bus",
        "tdad_probe.inherit",
        "_posixsubprocess",
        "__future__",
    }
    assert "_tdad_loader" in with_probe


def test_a_python_too_old_for_the_probe_notices_nothing(tmp_path: Path) -> None:
    olds = [path for name in OLD if (path := shutil.which(name)) and _starts(path)]
    if not olds:
        pytest.skip("no Python below 3.8 here")
    for python in olds:
        done = child(tmp_path, "-c", "import sys; print(1)", python=python)
        assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
        assert list((tmp_path / ".tdad" / "spool" / "one").iterdir()) == []


def _starts(python: str) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def test_xdist_workers_observe_themselves(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    (tmp_path / "shop.py").write_text(
        "def total():\n    return 1\n\n\ndef less():\n    return 0\n"
    )
    (tmp_path / "conftest.py").write_text("import shop\nshop.less()\n")
    (tmp_path / "test_a.py").write_text(
        "import pytest, shop, subprocess, sys\n\n\n@pytest.mark.parametrize('n', range(4))\n"
        "def test_a(n):\n    shop.total()\n\n\ndef test_b():\n"
        "    subprocess.run([sys.executable, '-c', 'import shop; shop.less()'], check=True)\n"
    )
    ran = run_pytest(tmp_path, "-n2")
    assert ran.code == 0, ran.out + ran.err
    assert sorted(test.node_id for test in ran.read().tests) == [
        *(f"test_a.py::test_a[{n}]" for n in range(4)),
        "test_a.py::test_b",
    ]
    for n in range(4):
        assert ran.seen("test", f"test_a.py::test_a[{n}]").starts["shop.py"] == {1}
    assert ran.seen("test", "test_a.py::test_b").starts["shop.py"] == {5}
    assert "shop.py" not in ran.seen("session", "").starts


def test_a_child_that_runs_pytest_is_a_child(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("def total():\n    return 1\n")
    (tmp_path / "conftest.py").write_text("pytest_plugins = 'pytester'\n")
    (tmp_path / "test_a.py").write_text(
        "def test_a(pytester, monkeypatch, request):\n"
        "    monkeypatch.setenv('PYTHONPATH', str(request.config.rootpath))\n"
        "    pytester.makepyfile('import shop\\ndef test_inner(): assert shop.total()')\n"
        "    result = pytester.runpytest_subprocess('-q', '-p', 'no:cacheprovider')\n"
        "    assert result.ret == 0\n"
    )
    ran = run_pytest(tmp_path, "-W", "ignore")
    assert ran.code == 0, ran.out
    assert ran.seen("test", "test_a.py::test_a").starts["shop.py"] == {1}
    assert [test.node_id for test in ran.read().tests] == ["test_a.py::test_a"]


def test_a_child_that_records_a_run_of_its_own_keeps_both_apart(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "shop.py").write_text("def total():\n    return 1\n")
    (inner / "test_inner.py").write_text("import shop\n\n\ndef test_inner():\n    shop.total()\n")
    (tmp_path / "start.py").write_text(
        "import os, sys\n"
        f"os.environ['TDAD_PROBE'] = {environment(inner)['TDAD_PROBE']!r}\n"
        "sys.modules['_tdad_loader'].settings = None\n"
        "import pytest\n"
        "argv = ['-q', '-p', 'tdad_probe.plugin', '-p', 'no:cacheprovider', 'inner']\n"
        "sys.exit(pytest.main(argv))\n"
    )
    (tmp_path / "test_a.py").write_text(
        "import subprocess, sys\n\n\ndef test_a():\n"
        "    subprocess.run([sys.executable, 'start.py'], check=True)\n"
    )
    ran = run_pytest(tmp_path, "-W", "ignore", "test_a.py")
    assert ran.code == 0, ran.out
    assert [test.node_id for test in ran.read().tests] == ["test_a.py::test_a"]
    assert ran.seen("test", "test_a.py::test_a").starts["shop.py"] == {1}
    own = Ran(inner, 0, "", "").read()
    assert [test.node_id for test in own.tests] == ["test_inner.py::test_inner"]
