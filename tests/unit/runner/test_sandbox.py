"""What a confined process can and cannot do, tried by one that tries."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tdad.errors import SandboxUnavailable
from tdad.runner.captured import Caught, catch
from tdad.runner.sandbox import (
    Confinement,
    Layer,
    Policy,
    Strictness,
    choose,
    confined,
    environment,
)
from tdad.runner.sandbox.command import seatbelt_profile
from tdad.runner.sandbox.policy import secrets_of

LAYERS = [Layer.BUBBLEWRAP, Layer.NAMESPACES, Layer.LANDLOCK]
TRY = "import os, socket, sys\n"


@pytest.fixture(params=LAYERS)
def layer(request: pytest.FixtureRequest) -> Confinement:
    wanted: Layer = request.param
    found = choose(Strictness.AUTO, layers=[wanted])
    if found.layer is not wanted:
        pytest.skip(f"{wanted} does not work on this machine")
    return found


def run(
    code: str,
    folder: Path,
    confinement: Confinement,
    policy: Policy | None = None,
    timeout_s: float = 30.0,
) -> Caught:
    (folder / "work").mkdir(exist_ok=True)
    policy = policy or Policy(writable=(folder / "work",))
    argv = confined([sys.executable, "-c", TRY + code], policy, confinement)
    return catch(argv, cwd=folder / "work", environ=os.environ, timeout_s=timeout_s)


def test_it_writes_where_it_may_and_nowhere_else(layer: Confinement, tmp_path: Path) -> None:
    code = (
        f"open({str(tmp_path / 'work' / 'mine')!r}, 'w').write('a')\n"
        f"try: open({str(tmp_path / 'yours')!r}, 'w')\nexcept OSError: print('refused')\n"
        f"try: os.remove({str(tmp_path / 'kept')!r})\nexcept OSError: print('kept')"
    )
    (tmp_path / "kept").write_text("k")
    assert run(code, tmp_path, layer).output == "refused\nkept\n"
    assert (tmp_path / "work" / "mine").read_text() == "a"
    assert (tmp_path / "kept").read_text() == "k"
    assert not (tmp_path / "yours").exists()


def test_the_exit_code_and_a_signal_come_through(layer: Confinement, tmp_path: Path) -> None:
    assert run("sys.exit(5)", tmp_path, layer).exit_code == 5
    assert run("os.kill(os.getpid(), 9)", tmp_path, layer).exit_code == 137


def test_a_missing_program_ends_with_127_and_says_so(layer: Confinement, tmp_path: Path) -> None:
    argv = confined(["/no/such/program"], Policy(writable=(tmp_path,)), layer)
    done = catch(argv, cwd=tmp_path, environ=os.environ, timeout_s=20)
    assert done.exit_code in {1, 127}  # bubblewrap has no code of its own for this
    assert "/no/such/program" in done.output


def test_the_network_is_shut(layer: Confinement, tmp_path: Path) -> None:
    """192.0.2.0/24 is for documentation (RFC 5737): nobody is there, and nothing leaves."""
    code = (
        "s = socket.socket()\ns.settimeout(1)\n"
        "try: s.connect(('192.0.2.1', 9))\n"
        "except TimeoutError: print('open')\n"
        "except OSError: print('shut')"
    )
    assert run(code, tmp_path, layer).output == "shut\n"


def test_loopback_works_where_nothing_is_said_against_it(
    layer: Confinement, tmp_path: Path
) -> None:
    code = (
        "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
        "socket.create_connection(s.getsockname(), 5); print('met')"
    )
    shut = any("loopback" in phrase for phrase in layer.not_covered)
    assert (run(code, tmp_path, layer).output == "met\n") is not shut


def test_secrets_are_hidden_where_the_layer_covers_reads(
    layer: Confinement, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text("secret")
    (home / ".netrc").write_text("secret")
    (tmp_path / "work").mkdir()
    policy = Policy(writable=(tmp_path / "work",), hidden=secrets_of(home))
    code = (
        f"print(os.listdir({str(home / '.ssh')!r}), repr(open({str(home / '.netrc')!r}).read()))"
    )
    done = run(code, tmp_path, layer, policy)
    if any("reading" in phrase for phrase in layer.not_covered):
        assert "secret" in done.output
    else:
        assert done.output == "[] ''\n"
    assert (home / ".ssh" / "id_ed25519").read_text() == "secret"


def test_a_protected_folder_inside_a_writable_one_is_not_written(
    layer: Confinement, tmp_path: Path
) -> None:
    for name in ("work/mine", "work/yours/deep/mine"):
        (tmp_path / name).mkdir(parents=True)
    work = tmp_path / "work"
    policy = Policy(writable=(work, work / "yours" / "deep" / "mine"), protected=(work / "yours",))
    code = (
        "def touch(path):\n"
        "    try: open(path, 'w').close(); print('written')\n"
        "    except OSError: print('refused')\n"
        "for path in ('mine/a', 'yours/a', 'yours/deep/a', 'yours/deep/mine/a'): touch(path)"
    )
    done = run(code, tmp_path, layer, policy)
    if layer.layer is Layer.LANDLOCK:  # its rules only add
        assert done.output == "written\n" * 4
    else:
        assert done.output == "written\nrefused\nrefused\nwritten\n"


def test_it_cannot_signal_who_started_it(layer: Confinement, tmp_path: Path) -> None:
    code = f"try: os.kill({os.getpid()}, 0); print('reached')\nexcept OSError: print('no')"
    assert run(code, tmp_path, layer).output == "no\n"


def test_a_child_that_left_the_group_ends_with_the_run(layer: Confinement, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "child.py").write_text(
        "import time\n"
        "for i in range(200):\n"
        "    with open('beat', 'w') as f: f.write(str(i))\n"
        "    time.sleep(0.05)\n"
    )
    beat = work / "beat"
    code = (
        "import subprocess\n"
        "subprocess.Popen([sys.executable, 'child.py'], start_new_session=True,\n"
        "    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "while not os.path.exists('beat'): pass"
    )
    run(code, tmp_path, layer)
    time.sleep(0.3)
    before = beat.read_text()
    time.sleep(0.5)
    assert beat.read_text() == before


def test_an_interrupt_reaches_the_command_once(layer: Confinement, tmp_path: Path) -> None:
    code = (
        "import time\nprint('began', flush=True)\n"
        "try: time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    print('once', flush=True); time.sleep(0.5); print('kept')"
    )
    done = run(code, tmp_path, layer, timeout_s=2.0)
    assert done.timed_out
    assert done.output == "began\nonce\nkept\n"


def test_limits_hold_in_every_layer(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    policy = Policy(
        writable=(tmp_path / "work",), memory_bytes=2**30, file_bytes=2**20, open_files=64
    )
    code = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try: bytearray(2**31)\nexcept MemoryError: print('memory')\n"
        "try:\n    with open('big', 'wb') as f: f.write(bytes(2**21))\nexcept OSError: print('file')\n"
        "try: files = [open('f%d' % i, 'w') for i in range(100)]\nexcept OSError: print('files')"
    )
    for confinement in (Confinement(Layer.NONE, ()), choose(Strictness.AUTO)):
        assert run(code, tmp_path, confinement, policy).output == "memory\nfile\nfiles\n"


def test_one_process_does_not_get_all_of_the_memory() -> None:
    present = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert Policy(()).memory() == max(2**32, present // 2)
    assert Policy((), memory_bytes=2**30).memory() == 2**30


def test_strict_refuses_what_auto_accepts() -> None:
    with pytest.raises(SandboxUnavailable, match="--sandbox auto"):
        choose(Strictness.STRICT, layers=[Layer.LANDLOCK])
    with pytest.raises(SandboxUnavailable):
        choose(Strictness.STRICT, layers=[])
    assert choose(Strictness.AUTO, layers=[]).layer is Layer.NONE
    assert choose(Strictness.OFF).layer is Layer.NONE


def test_what_is_not_covered_is_said() -> None:
    assert str(Confinement(Layer.LANDLOCK, ("a", "b"))) == "sandbox: landlock; not covered: a, b"
    assert str(Confinement(Layer.NAMESPACES, ())) == "sandbox: namespaces"


def test_nothing_is_hidden_that_the_run_needs(tmp_path: Path) -> None:
    for name in (".config/tool/venv", ".aws", ".ssh"):
        (tmp_path / name).mkdir(parents=True)
    policy = Policy(
        writable=(tmp_path / ".aws" / "..",),
        hidden=secrets_of(tmp_path),
        needed=(tmp_path / ".config" / "tool" / "venv",),
    )
    assert policy.covers() == (tmp_path / ".aws", tmp_path / ".ssh")


def test_the_environment_is_an_allow_list(tmp_path: Path) -> None:
    before = {
        "PATH": "/bin",
        "AWS_SECRET_ACCESS_KEY": "x",
        "OPENAI_API_KEY": "x",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONSTARTUP": "/x.py",
        "MY_SETTING": "1",
        "HOME": "/home/me",
    }
    found = environment(before, home=tmp_path / "h", temporary=tmp_path, keep=("MY_SETTING",))
    assert found["HOME"] == str(tmp_path / "h")
    assert found["TMPDIR"] == str(tmp_path)
    assert {name for name in found if name in before} == {
        "PATH", "LC_ALL", "PYTHONHASHSEED", "MY_SETTING", "HOME",
    }  # fmt: skip


def test_the_seatbelt_profile_quotes_paths(tmp_path: Path) -> None:
    odd = tmp_path / 'a"b'
    odd.mkdir()
    profile = seatbelt_profile(Policy(writable=(odd,)))
    assert f'(allow file-write* (subpath "{tmp_path}/a\\"b"))' in profile
    assert "(deny network*)" in profile


def test_git_works_inside(layer: Confinement, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    argv = confined(["git", "init", "-q", "."], Policy(writable=(work,)), layer)
    environ = environment(os.environ, home=work, temporary=work)
    subprocess.run(argv, cwd=work, env=environ, check=True, timeout=30)
    assert (work / ".git" / "HEAD").exists()
