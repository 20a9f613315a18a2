from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tdad.config import Config
from tdad.errors import (
    NotARepository,
    RevisionAmbiguous,
    RevisionShallow,
    RevisionUnknown,
    RevisionUnrelated,
)
from tdad.facts import FileVersion
from tdad.repo import changed_files

Run = Callable[..., str]


def changes(root: Path, base: str | None = None, **options: object) -> dict[str, FileVersion]:
    found = changed_files(root, base, **options)  # type: ignore[arg-type]  # passed through
    assert [version.path for version in found] == sorted({version.path for version in found})
    return {version.path: version for version in found}


def test_nothing_changed(repo: Path) -> None:
    assert changes(repo) == {}


def test_staged_unstaged_and_untracked_work_counts(git: Run, repo: Path) -> None:
    (repo / "data.json").write_text("{}\n")
    git(repo, "add", "data.json")
    (repo / "data.json").write_text("[]\n")
    (repo / "new.py").write_text("x = 1\n")
    (repo / "x.pyc").write_text("ignored")
    found = changes(repo)
    assert found == {
        "data.json": FileVersion("data.json", b'{"a": 1}\n', b"[]\n"),
        "new.py": FileVersion("new.py", None, b"x = 1\n"),
    }


def test_a_touched_file_is_no_change_and_the_index_is_not_written(repo: Path) -> None:
    before = (repo / ".git/index").read_bytes()
    os.utime(repo / "data.json", (1, 1))
    assert changes(repo) == {}
    assert (repo / ".git/index").read_bytes() == before


def test_deleted_file(repo: Path) -> None:
    (repo / "data.json").unlink()
    assert changes(repo)["data.json"].new is None


@pytest.mark.parametrize("staged", [True, False])
def test_rename_with_an_edit_is_one_version(git: Run, repo: Path, staged: bool) -> None:
    text = (repo / "pkg/shop.py").read_bytes()
    (repo / "pkg/shop.py").rename(repo / "pkg/store.py")
    (repo / "pkg/store.py").write_bytes(text + b"x = 1\n")
    if staged:
        git(repo, "add", "-A")
    expected = FileVersion("pkg/store.py", text, text + b"x = 1\n", "pkg/shop.py")
    assert changes(repo) == {"pkg/store.py": expected}


@pytest.mark.parametrize("staged", [True, False])
def test_rename_without_an_edit(git: Run, repo: Path, staged: bool) -> None:
    text = (repo / "pkg/shop.py").read_bytes()
    (repo / "pkg/shop.py").rename(repo / "pkg/store.py")
    if staged:
        git(repo, "add", "-A")
    expected = FileVersion("pkg/store.py", text, text, "pkg/shop.py")
    assert changes(repo) == {"pkg/store.py": expected}


def test_mode_change(repo: Path) -> None:
    (repo / "data.json").chmod(0o755)
    found = changes(repo)["data.json"]
    assert found.note == "mode"
    assert found.old == found.new


def test_binary_and_large_files(repo: Path) -> None:
    (repo / "small.bin").write_bytes(b"\0\1\2")
    (repo / "large.bin").write_bytes(b"\0" * 2_000_000)
    found = changes(repo)
    assert found["small.bin"].new == b"\0\1\2"
    assert found["large.bin"].note == "large"
    assert len(found["large.bin"].new or b"") < 200


def test_touched_large_file_is_no_change(git: Run, repo: Path) -> None:
    (repo / "large.bin").write_bytes(b"\0" * 2_000_000)
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "large")
    os.utime(repo / "large.bin", (1, 1))
    assert changes(repo) == {}


def test_symlink_has_the_contents_it_leads_to(git: Run, repo: Path) -> None:
    (repo / "link.json").symlink_to("data.json")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "link")
    (repo / "data.json").write_text("{}\n")
    found = changes(repo)
    assert found["link.json"] == FileVersion("link.json", b'{"a": 1}\n', b"{}\n", None, "symlink")
    (repo / "link.json").unlink()
    (repo / "link.json").symlink_to("/etc/hostname")
    assert changes(repo)["link.json"].new == b"/etc/hostname"


def test_symlinked_folder_shows_changes_below_its_target(git: Run, repo: Path) -> None:
    (repo / "alias").symlink_to("pkg")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "link")
    (repo / "pkg/shop.py").write_text("x = 1\n")
    assert set(changes(repo)) == {"alias/shop.py", "pkg/shop.py"}


def test_line_endings_alone_are_no_change(git: Run, repo: Path) -> None:
    path = repo / "pkg/shop.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert changes(repo) == {}
    (repo / "data.json").write_bytes(b'{"a": 1}\r\n')
    git(repo, "config", "core.autocrlf", "true")
    assert changes(repo) == {}


def test_edit_in_a_crlf_work_tree_is_told_in_its_endings(repo: Path) -> None:
    (repo / ".gitattributes").write_text("*.json text eol=crlf\n")
    (repo / "data.json").write_bytes(b"[]\r\n")
    found = changes(repo)["data.json"]
    assert (found.old, found.new) == (b'{"a": 1}\r\n', b"[]\r\n")


def test_filters_of_gitattributes_decide_what_is_equal(git: Run, repo: Path) -> None:
    (repo / ".gitattributes").write_text("*.json filter=upper\n")
    git(repo, "config", "filter.upper.clean", "tr A-Z a-z")
    (repo / "data.json").write_text('{"A": 1}\n')
    assert "data.json" not in changes(repo)
    git(repo, "config", "filter.upper.clean", "false")
    git(repo, "config", "filter.upper.required", "true")
    assert "data.json" in changes(repo)


def test_lfs_pointer_and_its_contents_are_the_same(git: Run, repo: Path) -> None:
    import hashlib

    oid = hashlib.sha256(b"model").hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 5\n"
    (repo / "model.bin").write_text(pointer)
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "lfs")
    (repo / "model.bin").write_bytes(b"model")
    assert changes(repo) == {}
    (repo / "model.bin").write_bytes(b"other")
    assert "model.bin" in changes(repo)


def test_intent_to_add(git: Run, repo: Path) -> None:
    (repo / "new.py").write_text("x = 1\n")
    git(repo, "add", "-N", "new.py")
    assert changes(repo)["new.py"] == FileVersion("new.py", None, b"x = 1\n")


def test_removed_from_the_index_only(git: Run, repo: Path) -> None:
    git(repo, "rm", "-q", "--cached", "data.json")
    assert changes(repo) == {}


def test_unmerged_path(git: Run, repo: Path) -> None:
    git(repo, "switch", "-qc", "side")
    (repo / "data.json").write_text("side\n")
    git(repo, "commit", "-qam", "side")
    git(repo, "switch", "-q", "main")
    (repo / "data.json").write_text("main\n")
    git(repo, "commit", "-qam", "main")
    git(repo, "merge", "side", check=False)
    found = changes(repo)["data.json"]
    assert found.note == "unmerged"
    assert found.old == b"main\n"
    assert b"<<<<<<<" in (found.new or b"")


def test_sparse_checkout_deletes_nothing(git: Run, repo: Path) -> None:
    git(repo, "update-index", "-q", "--refresh", check=False)
    git(repo, "sparse-checkout", "set", "--no-cone", "/data.json")
    assert not (repo / "pkg").exists()
    assert changes(repo) == {}


def test_assume_unchanged_is_looked_at_all_the_same(git: Run, repo: Path) -> None:
    git(repo, "update-index", "--assume-unchanged", "data.json", "pkg/shop.py")
    (repo / "data.json").write_text("{}\n")
    assert set(changes(repo)) == {"data.json"}


def test_submodule_pointer_and_files(git: Run, repo: Path, template: Path) -> None:
    git(repo, "submodule", "add", "-q", str(template), "sub")
    git(repo, "commit", "-qam", "sub")
    (repo / "sub/data.json").write_text("{}\n")
    assert set(changes(repo)) == {"sub/data.json"}
    git(repo / "sub", "commit", "-qam", "two")
    found = changes(repo)
    assert set(found) == {"sub", "sub/data.json"}
    assert found["sub"].note == "submodule"
    git(repo, "submodule", "deinit", "-f", "sub")
    assert changes(repo) == {}


def test_repository_inside_the_work_tree(git: Run, repo: Path) -> None:
    git(repo, "init", "-q", "inner")
    (repo / "inner/a.py").write_text("x = 1\n")
    assert set(changes(repo)) == {"inner/a.py"}


def test_base_is_where_the_branch_left(git: Run, repo: Path) -> None:
    git(repo, "switch", "-qc", "topic")
    (repo / "topic.py").write_text("x = 1\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "topic")
    git(repo, "switch", "-q", "main")
    (repo / "data.json").write_text("{}\n")
    git(repo, "commit", "-qam", "main goes on")
    git(repo, "switch", "-q", "topic")
    (repo / "later.py").write_text("y = 1\n")
    assert set(changes(repo, "main")) == {"topic.py", "later.py"}
    assert set(changes(repo, "main", exact=True)) == {"topic.py", "later.py", "data.json"}


def test_no_commit_yet(git: Run, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("x = 1\n")
    git(tmp_path, "add", ".")
    (tmp_path / "b.py").write_text("x = 1\n")
    assert set(changes(tmp_path)) == {"a.py", "b.py"}
    with pytest.raises(RevisionUnknown):
        changes(tmp_path, "main")


def test_unknown_revision_names_the_nearest(repo: Path) -> None:
    with pytest.raises(RevisionUnknown, match="did you mean main") as caught:
        changes(repo, "mian")
    assert caught.value.nearest == ("main",)
    for revision in ("", "--all", "a..b", "x\0y", "HEAD~9"):
        with pytest.raises(RevisionUnknown):
            changes(repo, revision)


def test_ambiguous_revision(git: Run, repo: Path) -> None:
    git(repo, "branch", "twice")
    git(repo, "tag", "twice")
    with pytest.raises(RevisionAmbiguous) as caught:
        changes(repo, "twice")
    assert caught.value.candidates == ("refs/heads/twice", "refs/tags/twice")


def test_unrelated_base(git: Run, repo: Path) -> None:
    git(repo, "switch", "-q", "--orphan", "other")
    git(repo, "commit", "-q", "--allow-empty", "-m", "other")
    with pytest.raises(RevisionUnrelated, match="--exact"):
        changes(repo, "main")
    assert "data.json" in changes(repo, "main", exact=True)


def test_shallow_clone_without_the_base(git: Run, repo: Path, tmp_path: Path) -> None:
    (repo / "data.json").write_text("{}\n")
    git(repo, "commit", "-qam", "two")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repo}", "clone")
    with pytest.raises(RevisionShallow, match="git fetch --unshallow"):
        changes(tmp_path / "clone", "HEAD~1")


def test_worktree(git: Run, repo: Path, tmp_path: Path) -> None:
    git(repo, "worktree", "add", "-q", "-b", "side", str(tmp_path / "tree"))
    (tmp_path / "tree/data.json").write_text("{}\n")
    assert set(changes(tmp_path / "tree")) == {"data.json"}
    assert changes(repo) == {}


def test_root_below_the_toplevel_with_a_source_folder_beside_it(git: Run, repo: Path) -> None:
    for folder in ("app", "lib", "else"):
        (repo / folder).mkdir()
        (repo / folder / "a.py").write_text("x = 1\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "folders")
    for folder in ("app", "lib", "else"):
        (repo / folder / "a.py").write_text("x = 2\n")
    assert set(changes(repo / "app")) == {"a.py"}
    assert set(changes(repo / "app", config=Config(source=("../lib",)))) == {"../lib/a.py", "a.py"}
    assert set(changes(repo, config=Config(exclude=("els?",)))) == {"app/a.py", "lib/a.py"}


def test_source_folder_in_a_repository_of_its_own(repo: Path, tmp_path: Path) -> None:
    shutil.copytree(repo, tmp_path / "lib")
    (tmp_path / "lib/data.json").write_text("{}\n")
    assert set(changes(repo, config=Config(source=("../lib",)))) == {"../lib/data.json"}


def test_odd_names(git: Run, repo: Path) -> None:
    names = [
        "sp ace.py",
        'qu"ote.py',
        "ünï.py",
        "new\nline.py",
        "tab\t.py",
        os.fsdecode(b"\xff.py"),
    ]
    for name in names:
        (repo / name).write_text("x = 1\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "odd")
    for name in names:
        (repo / name).write_text("x = 2\n")
    found = changes(repo)
    assert set(found) == set(names)
    assert {version.old for version in found.values()} == {b"x = 1\n"}


def test_no_git_no_repository_bare_repository(
    git: Run, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare")
    with pytest.raises(NotARepository, match="bare"):
        changes(tmp_path / "bare")
    (tmp_path / "plain").mkdir()
    with pytest.raises(NotARepository, match="no repository"):
        changes(tmp_path / "plain")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotARepository, match="no git program"):
        changes(repo)


def test_git_dir_of_another_repository_is_not_ours(
    repo: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "data.json").write_text("{}\n")
    monkeypatch.setenv("GIT_DIR", str(template / ".git"))
    monkeypatch.chdir(template)
    assert set(changes(repo)) == {"data.json"}


def test_git_dir_is_honoured_where_it_holds_the_root(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / ".git").rename(tmp_path / "store")
    (repo / "data.json").write_text("{}\n")
    monkeypatch.chdir(repo)
    monkeypatch.setenv("GIT_DIR", "../store")
    assert set(changes(repo)) == {"data.json"}
    (repo / "pkg/shop.py").write_text("")
    assert set(changes(repo / "pkg")) == {"shop.py"}


def test_hooks_and_monitors_of_the_repository_do_not_run(
    git: Run, repo: Path, tmp_path: Path
) -> None:
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager"):
        git(repo, "config", key, str(script))
    (repo / "data.json").write_text("{}\n")
    assert set(changes(repo)) == {"data.json"}
    assert not (tmp_path / "ran").exists()


def test_a_pipe_in_the_work_tree_blocks_nothing(repo: Path) -> None:
    (repo / "data.json").unlink()
    os.mkfifo(repo / "data.json")
    assert changes(repo)["data.json"].new is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_repository_of_another_user(repo: Path) -> None:
    from tdad.errors import GitUntrusted

    subprocess.run(["chown", "-R", "12345", str(repo)], check=True)
    try:
        changes(repo)
    except GitUntrusted as error:
        said = str(error)
    else:
        pytest.skip("this machine trusts every repository")
    assert "safe.directory" in said
