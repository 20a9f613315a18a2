"""Where a patch is measured: versions of a project as commits, a tree, and interpreters that can run their tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_setup import SCRIPTS
from gate_patches_data import GROUND, Instance, repository
from subjects import SubjectError, run

_DJANGO = (
    "asgiref",
    "sqlparse",
    "pytz",
    "jinja2",
    "tblib",
    "docutils",
    "PyYAML",
    "argon2-cffi",
    "bcrypt",
    "tzdata",
)
_SYMPY = ("mpmath==1.3.0", "pytest<7.2")  # whose py has the py.test that sympy asks for
PYTHONS = {
    "django": {"3": "3.6", "4.0": "3.8", "4.1": "3.9", "4.2": "3.9", "5": "3.11"},
    "sympy": {"": "3.9"},
}
"""Version of the project, or how it begins → the Python that SWE-bench runs its tests with."""
_VERSIONS = {
    "django": ("django/__init__.py", r"VERSION = \((\d+), (\d+)"),
    "sympy": ("sympy/release.py", r"__version__ = ['\"](\d+)\.(\d+)"),
}
_EMPTY_CONFIG = """\
--- /dev/null
+++ b/pytest.ini
@@ -0,0 +1 @@
+[pytest]
"""
_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "measure"),
        ("EMAIL", "measure@example.org"),
        ("DATE", "2020-01-01T00:00:00Z"),
    )
}


class PatchError(Exception):
    """The patch does not apply."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The two sides."""

    base: str
    head: str
    left_out: tuple[str, ...]
    """Files of the patch that are not in head: tests that the instance's own tests collide with."""
    changed: tuple[str, ...]


def versions(project: str, instance: Instance, patch: str) -> Versions:
    """Commit the tests of the instance, and the patch on top of them.

    Raises:
        PatchError: it does not apply.
    """
    base = _applied(project, _rooted(project, instance.commit), instance.test_patch, ())
    left_out: tuple[str, ...] = ()
    try:
        head = _applied(project, base, patch, left_out)
    except PatchError:
        left_out = tuple(path for path in _paths(patch) if is_test(path))
        if not left_out:
            raise
        head = _applied(project, base, patch, left_out)
    changed = _git(project, "diff", "--name-only", base, head).split()
    if not changed:
        raise PatchError("nothing is left of it")
    return Versions(base, head, left_out, tuple(changed))


def is_test(path: str) -> bool:
    """Tell whether a file of Django or sympy belongs to the tests."""
    return path.startswith("tests/") or "/tests/" in path


def text_at(project: str, commit: str, path: str) -> str:
    """A file of a version; empty: there is none."""
    done = subprocess.run(
        ["git", "-C", str(repository(project)), "show", f"{commit}:{path}"],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    return "" if done.returncode else done.stdout


def tree(project: str, place: str, commit: str) -> Path:
    """A folder with that version, and nothing else in it; the same folder for the same place."""
    folder = GROUND / f"{project}-{place}"
    if not folder.exists():
        _git(project, "worktree", "prune")
        _git(project, "worktree", "add", "--force", "--detach", str(folder), commit)
    run(["git", "checkout", "--quiet", "--force", "--detach", commit], folder)
    run(["git", "clean", "-ffdxq"], folder)
    return folder


def home(project: str, commit: str) -> Path:
    """The folder that the gate is called in, with the base checked out; what the gate keeps stays."""
    folder = repository(project)
    run(["git", "checkout", "--quiet", "--force", "--detach", commit], folder)
    run(["git", "clean", "-ffdxq", "-e", ".tdad"], folder)
    return folder


def python_for(project: str, commit: str) -> Path:
    """An interpreter with what the tests of that version need; made when first asked for.

    Raises:
        SubjectError: there is no such Python, or pip failed.
    """
    path, pattern = _VERSIONS[project]
    found = re.search(pattern, text_at(project, commit, path))
    if found is None:
        raise SubjectError(f"{project} {commit} has no version in {path}")
    version = ".".join(found.groups())
    known = PYTHONS[project]
    minor = next(known[each] for each in sorted(known, reverse=True) if version.startswith(each))
    folder = GROUND / f"env-{project}-{minor}"
    python = folder / SCRIPTS / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        run([_interpreter(minor), "-m", "venv", folder])
        pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
        run([*pip, "--upgrade", "pip<25" if minor != "3.6" else "pip<22"])
        for package in _DJANGO if project == "django" else _SYMPY:
            run([*pip, package])
        (folder / "complete").touch()
    return python


def _interpreter(minor: str) -> str:
    """``python3.6`` on PATH, or of pyenv."""
    roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [f"python{minor}", *map(str, roots.glob(f"{minor}.*/bin/python"))]
    for each in candidates:
        called = shutil.which(each)
        asked = [
            called or each,
            "-c",
            "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])",
        ]
        if called and subprocess.run(
            asked, capture_output=True, check=False, text=True
        ).stdout.split() == [minor]:
            return called
    raise SubjectError(f"there is no Python {minor}; pyenv install {minor}")


def _rooted(project: str, commit: str) -> str:
    """The version, or one more with an empty ``pytest.ini``: pytest would take the options of a project around it."""
    configs = {
        "setup.cfg": "[tool:pytest]",
        "tox.ini": "[pytest]",
        "pyproject.toml": "[tool.pytest",
    }
    own = text_at(project, commit, "pytest.ini") or any(
        section in text_at(project, commit, path) for path, section in configs.items()
    )
    return commit if own or project == "django" else _applied(project, commit, _EMPTY_CONFIG, ())


def _applied(project: str, parent: str, patch: str, without: Sequence[str]) -> str:
    """Commit a patch on top of ``parent``; no tree, index or branch is touched."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, **_NOBODY, "GIT_INDEX_FILE": f"{folder}/index"}
        _git(project, "read-tree", parent, env=env)
        apply = ["apply", "--cached", "--whitespace=nowarn", "--recount"]
        try:
            _git(
                project,
                *apply,
                *(f"--exclude={each}" for each in without),
                "-",
                env=env,
                data=patch,
            )
        except subprocess.CalledProcessError as error:
            raise PatchError(error.stderr.decode(errors="replace")[:200]) from error
        made = _git(project, "write-tree", env=env)
        return _git(project, "commit-tree", made, "-p", parent, "-m", "a version", env=env)


def _paths(patch: str) -> list[str]:
    return re.findall(r"^\+\+\+ b/(\S+)", patch, flags=re.MULTILINE)


def _git(project: str, *arguments: str, env: dict[str, str] | None = None, data: str = "") -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=repository(project), env=env, input=data.encode(), capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.decode(errors="replace").strip()
