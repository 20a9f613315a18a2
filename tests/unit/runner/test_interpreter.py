"""Finding and checking the interpreter that runs a project's tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tdad.errors import InterpreterNotFound, InterpreterTooOld, InterpreterWithoutPytest
from tdad.runner.interpreter import check, find, locate


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def link(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(sys.executable)
    return path


def answering(path: Path, version: str, pytest_version: str) -> Path:
    """A program that answers as an interpreter of that version would."""
    answer = (
        f'{{"version": {version}, "implementation": "cpython", "executable": "x", "abi": "",'
        f' "pytest": {pytest_version}, "coverage": null}}'
    )
    return executable(path, f"#!/bin/sh\necho noise; echo '<tdad>{answer}</tdad>'\n")


def test_the_order_is_named_then_dot_venv_then_virtual_env_then_ours(tmp_path: Path) -> None:
    named, other = link(tmp_path / "named" / "bin" / "python"), tmp_path / "other"
    own, active = tmp_path / ".venv" / "bin" / "python", link(other / "bin" / "python")
    environ = {"VIRTUAL_ENV": str(other)}
    assert locate(tmp_path, None, {}) == sys.executable
    assert locate(tmp_path, None, environ) == str(active)
    link(own)
    assert locate(tmp_path, None, environ) == str(own)
    assert locate(tmp_path, str(named), environ) == str(named)
    assert locate(tmp_path, str(tmp_path / "named"), environ) == str(named), (
        "an environment's folder"
    )


@pytest.mark.parametrize("mark", ["pipx_metadata.json", "uv-receipt.toml", ".install_state_v2"])
def test_an_environment_for_tdad_alone_is_not_the_projects(tmp_path: Path, mark: str) -> None:
    """Installed with pipx or uv, by pre-commit or by the action, tdad's own interpreter has nothing of the project."""
    tool, project = tmp_path / "tool", tmp_path / "project"
    link(tool / "bin" / "python")
    (tool / mark).touch()
    path = {"PATH": f"{tool / 'bin'}:{project / 'bin'}"}
    with pytest.raises(InterpreterNotFound, match="for tdad alone"):
        locate(tmp_path, None, path, prefix=str(tool))
    found = link(project / "bin" / "python3")
    assert locate(tmp_path, None, path, prefix=str(tool)) == str(found)
    (tool / mark).unlink()
    assert locate(tmp_path, None, path, prefix=str(tool)) == sys.executable


def test_a_link_is_not_resolved(tmp_path: Path) -> None:
    """Following it would leave the virtual environment."""
    python = link(tmp_path / "env" / "bin" / "python")
    assert find(tmp_path, str(python), {}).path == str(python)


def test_a_name_is_looked_for_on_path(tmp_path: Path) -> None:
    python = link(tmp_path / "bin" / "mypython")
    assert locate(tmp_path, "mypython", {"PATH": str(python.parent)}) == str(python)
    with pytest.raises(InterpreterNotFound, match="not on PATH"):
        locate(tmp_path, "mypython", {"PATH": str(tmp_path)})


def test_what_it_is(tmp_path: Path) -> None:
    found = check(sys.executable, tmp_path)
    assert found.version == sys.version_info[:3]
    assert found.pytest == pytest.__version__


@pytest.mark.parametrize("python", ["no/such/python", "folder"])
def test_nothing_there(tmp_path: Path, python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InterpreterNotFound, match=python) as error:
        find(tmp_path, python, {})
    assert "tdad record --python" in str(error.value)


def test_a_broken_dot_venv_is_a_mistake_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(tmp_path / "gone")
    with pytest.raises(InterpreterNotFound, match="No such file"):
        find(tmp_path, None, {})


def test_a_program_that_is_no_python(tmp_path: Path) -> None:
    python = executable(tmp_path / "python", "#!/bin/sh\necho no >&2\nexit 3\n")
    with pytest.raises(InterpreterNotFound, match=r"\(no\)"):
        find(tmp_path, str(python), {})


def test_too_old(tmp_path: Path) -> None:
    python = answering(tmp_path / "python", "[3, 7, 16]", '"7.4.4"')
    with pytest.raises(InterpreterTooOld, match=r"Python 3\.7\.16, and recording needs 3\.8"):
        find(tmp_path, str(python), {})


@pytest.mark.parametrize(("version", "said"), [("null", "no pytest"), ('"6.2.5"', "pytest 6.2.5")])
def test_no_usable_pytest(tmp_path: Path, version: str, said: str) -> None:
    python = answering(tmp_path / "python", "[3, 9, 1]", version)
    with pytest.raises(InterpreterWithoutPytest, match=said) as error:
        find(tmp_path, str(python), {})
    assert str(error.value).endswith(f"{python} -m pip install 'pytest>=7'")


def test_the_directory_of_the_project_shadows_nothing_of_the_answer(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('hello from the site')\n")
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    assert check(sys.executable, tmp_path).version == sys.version_info[:3]
