"""Private worktrees: the files as the user has them, and nothing left behind."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from tdad.config import Config
from tdad.errors import GitFailed
from tdad.repo import changed_files
from tdad.repo.worktrees import carry_over, check_out, clean, commit_tree, make_branch, remove


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "pkg").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    (folder / ".gitignore").write_text("*.log\n*.so\n__pycache__/\n")
    (folder / ".gitattributes").write_text("*.txt text eol=crlf\n")
    (folder / "pkg/__init__.py").write_text("")
    (folder / "pkg/a.py").write_text("A = 1\n")
    (folder / "gone.py").write_text("x\n")
    (folder / "crlf.txt").write_bytes(b"one\ntwo\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_what_is_changed_new_staged_and_deleted_is_carried_over(
    root: Path, tmp_path: Path
) -> None:
    (root / "pkg/a.py").write_text("A = 2\n")
    (root / "staged.py").write_text("s\n")
    git(root, "add", "staged.py")
    (root / "new.py").write_text("n\n")
    (root / "gone.py").unlink()
    (root / "noise.log").write_text("ignored\n")
    (root / "pkg/ext.so").write_bytes(b"\0compiled")
    before, status = files(root), git(root, "status", "--porcelain")
    place = tmp_path / "private"
    assert carry_over(root, Config(), place) == "."
    expected = {name: data for name, data in before.items() if name != "noise.log"}
    assert files(place) == expected
    assert (place / "pkg/a.py").stat().st_mtime_ns == (root / "pkg/a.py").stat().st_mtime_ns
    assert files(root) == before
    assert git(root, "status", "--porcelain") == status
    remove(root, place)
    assert not place.exists()
    assert git(root, "worktree", "list").count("\n") == 1


def test_hooks_and_the_global_configuration_are_off(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f'[filter "f"]\n\tsmudge = touch {tmp_path}/smudged\n\tclean = touch {tmp_path}/cleaned\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    (root / ".gitattributes").write_text("*.py filter=f\n")
    place = tmp_path / "private"
    carry_over(root, Config(), place)
    commit_tree(root, place, "x", None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gitconfig", "private", "project"]


def test_a_project_in_a_folder_of_a_repository(root: Path, tmp_path: Path) -> None:
    place = tmp_path / "private"
    assert carry_over(root / "pkg", Config(), place) == "pkg"
    assert (place / "pkg/a.py").exists()
    assert (place / "crlf.txt").read_bytes() == b"one\ntwo\n"


def test_leftovers_of_a_killed_run_are_removed_and_others_are_not(
    root: Path, tmp_path: Path
) -> None:
    own, others = tmp_path / "private", tmp_path / "mine"
    own.mkdir()
    carry_over(root, Config(), own / "start")
    git(root, "worktree", "add", "--quiet", "--detach", str(others))
    assert clean(root, own) == 1
    assert not own.exists()
    listed = git(root, "worktree", "list")
    assert str(others) in listed
    assert str(own) not in listed
    assert clean(root, own) == 0


def test_without_a_repository_or_a_commit_it_is_a_copy(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "a.py").write_text("a\n")
    (plain / "link.py").symlink_to("a.py")
    assert carry_over(plain, Config(), tmp_path / "one") == "."
    assert (tmp_path / "one/link.py").is_symlink()
    git(plain, "init", "--quiet", ".")
    assert carry_over(plain, Config(), tmp_path / "two") == "."
    assert (
        files(tmp_path / "one") == files(tmp_path / "two") == {"a.py": b"a\n", "link.py": b"a\n"}
    )
    remove(plain, tmp_path / "two")
    assert not (tmp_path / "two").exists()


def test_a_commit_and_a_branch_move_nothing_of_the_user(root: Path, tmp_path: Path) -> None:
    place = tmp_path / "private"
    carry_over(root, Config(), place)
    (place / "pkg/a.py").write_text("A = 3\n")
    (place / "junk.txt").write_text("made by a test\n")
    head = git(root, "rev-parse", "HEAD").strip()
    commit = commit_tree(root, place, "fixed", head, ["pkg/a.py"])
    make_branch(root, "fixed", commit)
    assert git(root, "diff", "--name-only", "main", "fixed").split() == ["pkg/a.py"]
    assert git(root, "rev-parse", "HEAD").strip() == head
    assert git(root, "branch", "--show-current").strip() == "main"
    with pytest.raises(GitFailed):
        make_branch(root, "fixed", commit)


def test_git_dir_of_the_environment_does_not_lead_astray(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setenv("GIT_DIR", os.fspath(root / ".git"))
    index = (root / ".git/index").read_bytes()
    place = tmp_path / "private"
    carry_over(root, Config(), place)
    commit_tree(root, place, "x", None)
    assert (root / ".git/index").read_bytes() == index
    remove(root, place)
    assert not place.exists()


def test_submodules_are_checked_out_at_the_commit_that_is_asked_for(
    root: Path, tmp_path: Path
) -> None:
    part = tmp_path / "part"
    part.mkdir()
    git(part, "init", "--quiet", "--initial-branch=main", ".")
    for text in ("old", "new"):
        (part / "p.py").write_text(text)
        git(part, "add", "--all")
        git(part, "commit", "--quiet", "-m", text)
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(part), "sub")
    git(root, "commit", "--quiet", "-m", "new part")
    new = git(root, "rev-parse", "HEAD").strip()
    git(root / "sub", "checkout", "--quiet", "HEAD^")
    git(root, "commit", "--quiet", "-a", "-m", "old part")
    before = git(root, "status", "--porcelain"), git(root / "sub", "status", "--porcelain")
    for commit, text in ((new, "new"), ("HEAD", "old")):
        made = check_out(root, commit, tmp_path / text)
        assert (made.inside, made.missing) == (".", ())
        assert (tmp_path / text / "sub/p.py").read_text() == text
    assert (
        git(root, "status", "--porcelain"),
        git(root / "sub", "status", "--porcelain"),
    ) == before
    git(root, "submodule", "deinit", "--quiet", "sub")
    assert check_out(root, "HEAD", tmp_path / "none").missing == ("sub",)


def stored(root: Path, contents: bytes) -> bytes:
    """Put contents into the store of Git LFS by hand; return their pointer."""
    oid = hashlib.sha256(contents).hexdigest()
    kept = root / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(contents)
    head = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\n"
    return f"{head}size {len(contents)}\n".encode()


def test_contents_in_git_lfs_come_out_of_the_users_store(root: Path, tmp_path: Path) -> None:
    """The filter of the repository is not run: it may go to a server, and may not be installed."""
    for key in ("smudge", "process"):
        git(root, "config", f"filter.lfs.{key}", "no-such-program")
    git(root, "config", "filter.lfs.required", "true")
    (root / ".git/info/attributes").write_text("*.bin -filter\n")  # only to commit the pointers
    (root / ".gitattributes").write_text("*.bin filter=lfs -text\n")
    data, text = b"\0" * 5000, b"not a pointer\n"
    (root / "a b.bin").write_bytes(stored(root, data))
    (root / "lost.bin").write_bytes(stored(root, b"lost"))
    (root / "changed.bin").write_bytes(stored(root, b"own"))
    (root / "plain.bin").write_bytes(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "data")
    (root / ".git/info/attributes").unlink()
    for contents in (b"lost", b"own"):
        oid = hashlib.sha256(contents).hexdigest()
        (root / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid).unlink()
    (root / "changed.bin").write_bytes(b"own")
    (root / "lost.bin").write_bytes(b"LOST")
    made = check_out(root, "HEAD", tmp_path / "place")
    assert made.pointers == ("lost.bin",)
    found = files(tmp_path / "place")
    assert (found["a b.bin"], found["changed.bin"], found["plain.bin"]) == (data, b"own", text)
    assert found["lost.bin"].startswith(b"version https://git-lfs")
    changed = changed_files(tmp_path / "place", "HEAD", exact=True, config=Config())
    assert [each.path for each in changed] == [], "a file is what its pointer stands for"


def test_translations_that_were_compiled_come_along_and_make_a_difference(
    root: Path, tmp_path: Path
) -> None:
    """Tests are skipped without them; what was found out without them holds no longer with them."""
    (root / ".gitignore").write_text("*.mo\n")
    (root / "locale").mkdir()
    (root / "locale" / "shop.po").write_text("msgid ''\n")
    (root / "shop.mo").write_bytes(b"not beside its source")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "translations")
    made = [check_out(root, "HEAD", tmp_path / "before").brought]
    for number, contents in enumerate((b"one", b"two", b"two")):
        (root / "locale" / "shop.mo").write_bytes(contents)
        made.append(check_out(root, "HEAD", tmp_path / str(number)).brought)
    assert files(tmp_path / "0")["locale/shop.mo"] == b"one"
    assert "shop.mo" not in files(tmp_path / "0")
    assert made[0] == ""
    assert made[1] != made[2] == made[3]
