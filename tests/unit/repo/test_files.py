from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tdad.config import Config
from tdad.repo import current, ignored, project_files

Run = Callable[..., str]
BASE = {".gitignore", "data.json", "pkg/__init__.py", "pkg/shop.py"}


def files(root: Path, **options: object) -> set[str]:
    found = project_files(root, Config(**options))  # type: ignore[arg-type]  # passed through
    assert list(found) == sorted(set(found))
    return set(found)


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")


def test_tracked_and_untracked_without_ignored_and_deleted(repo: Path) -> None:
    touch(repo, "new.py", "build/x.py", "a.pyc", ".venv/lib/x.py")
    (repo / "data.json").unlink()
    assert files(repo) == BASE - {"data.json"} | {"new.py"}


def test_environments_are_left_out_even_when_git_knows_them(git: Run, repo: Path) -> None:
    touch(repo, "env/pyvenv.cfg", "env/lib/x.py", "conda/conda-meta/history", "conda/y.py")
    touch(repo, "node_modules/z.py", "lib/site-packages/w.py")
    git(repo, "add", "-f", ".")
    assert files(repo) == BASE


def test_without_git(repo: Path) -> None:
    shutil.rmtree(repo / ".git")
    touch(
        repo, ".hidden/a.py", "pkg/__pycache__/a.pyc", "env/pyvenv.cfg", "env/b.py", "build/c.py"
    )
    touch(repo, "pkg/build/d.py")
    assert files(repo) == BASE | {"pkg/build/d.py"}


def test_without_a_git_program(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert files(repo) == BASE
    assert ignored(repo, ["build/x"]) == frozenset()


def test_submodules_inner_repositories_and_links(git: Run, repo: Path, template: Path) -> None:
    git(repo, "submodule", "add", "-q", str(template), "sub")
    git(repo, "init", "-q", "inner")
    touch(repo, "inner/a.py")
    (repo / "link.py").symlink_to("pkg/shop.py")
    (repo / "folder").symlink_to("pkg")
    (repo / "broken.py").symlink_to("nowhere")
    expected = BASE | {".gitmodules", "inner/a.py", "link.py"} | {f"sub/{path}" for path in BASE}
    assert files(repo) == expected


def test_source_folders_and_exclude(git: Run, repo: Path) -> None:
    touch(repo, "../lib/a.py", "build/gen.py", "docs/conf.py", "pkg/gen/x.py")
    found = files(repo, source=("../lib", "build"), exclude=("docs/", "pkg/**/x.py"))
    assert found == BASE | {"../lib/a.py", "build/gen.py"}
    assert files(repo / "pkg", source=("../docs",)) == {
        "__init__.py",
        "shop.py",
        "gen/x.py",
        "../docs/conf.py",
    }


def test_folder_that_the_repository_around_it_ignores(repo: Path) -> None:
    touch(repo, "build/own/a.py")
    assert files(repo / "build/own") == {"a.py"}


def test_ignored(git: Run, repo: Path) -> None:
    (repo / "link").symlink_to("pkg")
    asked = ["build/x.py", "pkg/shop.py", "a.pyc", "../out.pyc", "/abs.pyc", "", "link/shop.py"]
    assert ignored(repo, asked) == {"build/x.py", "a.pyc"}
    assert ignored(repo / "pkg", ["x.pyc", "shop.py"]) == {"x.pyc"}


def test_current(repo: Path) -> None:
    assert current(repo, "data.json") == b'{"a": 1}\n'
    for path in ("pkg", "nope", "a\0b", "data.json/x"):
        assert current(repo, path) is None


def test_ten_thousand_files_are_listed_in_a_moment(git: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for folder in range(100):
        (tmp_path / f"d{folder}").mkdir()
        for number in range(100):
            (tmp_path / f"d{folder}/f{number}.py").touch()
    started = time.process_time()
    assert len(files(tmp_path)) == 10_000
    assert time.process_time() - started < 1
