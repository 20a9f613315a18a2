from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tdad.errors import PatchDoesNotApply, PatchUnreadable, PatchUnsafePath, TdadError
from tdad.facts import FileVersion
from tdad.repo import apply, patched_files, read_patch, whole_files

Run = Callable[..., str]
OLD = b"".join(b"line %d\n" % number for number in range(1, 21))
EDIT = b"""\
--- a/shop.py
+++ b/shop.py
@@ -4,3 +4,3 @@
 line 4
-line 5
+LINE 5
 line 6
"""
NEW = OLD.replace(b"line 5\n", b"LINE 5\n")


def applied(patch: bytes, **files: bytes) -> dict[str, FileVersion]:
    named = {name.replace("__", "/").replace("_py", ".py"): text for name, text in files.items()}
    return {version.path: version for version in apply(read_patch(patch), named.get)}


@pytest.mark.parametrize(
    "header",
    [
        b"--- a/shop.py\n+++ b/shop.py\n",
        b"--- shop.py\n+++ shop.py\n",
        b"--- shop.py\t2024-01-01 10:00:00.000000000 +0100\n+++ shop.py\t2024-01-02 10:00:00 +0100\n",
        b"--- shop.py 2024-01-01 10:00:00\n+++ shop.py 2024-01-02 10:00:00\n",
        b"--- old/shop.py\n+++ new/shop.py\n",
        b"--- shop.py.orig\n+++ shop.py\n",
        b"Index: shop.py\n=======\n--- shop.py\t(revision 3)\n+++ shop.py\t(working copy)\n",
        b"diff -r 0123 -r 4567 shop.py\n--- a/shop.py\tThu Jan 01 00:00:01 2024 +0000\n+++ b/shop.py\tThu\n",
        b"diff --git i/shop.py w/shop.py\nindex 1..2 100644\n--- i/shop.py\n+++ w/shop.py\n",
        b"diff --git shop.py shop.py\nindex 1..2 100644\n--- shop.py\n+++ shop.py\n",
        b'diff --git "a/shop.py" "b/shop.py"\n--- "a/sh\\157p.py"\n+++ "b/shop.py"\n',
        b"From 123 Mon Sep 17\nSubject: x\n\n---\n shop.py | 2 +-\n\n--- a/shop.py\n+++ b/shop.py\n",
    ],
)
def test_headers(header: bytes) -> None:
    patch = header + EDIT.split(b"\n", 2)[2] + b"-- \n2.39.5\n\n"
    assert applied(patch, shop_py=OLD) == {"shop.py": FileVersion("shop.py", OLD, NEW)}


def test_no_prefix_with_folders_named_like_prefixes() -> None:
    patch = EDIT.replace(b"b/shop.py", b"a/shop.py")
    assert set(applied(patch, a__shop_py=OLD)) == {"a/shop.py"}


def test_crlf_patch_on_lf_file_and_the_other_way_round() -> None:
    windows = EDIT.replace(b"\n", b"\r\n")
    assert applied(windows, shop_py=OLD)["shop.py"].new == NEW
    crlf = OLD.replace(b"\n", b"\r\n")
    assert applied(EDIT, shop_py=crlf)["shop.py"].new == NEW.replace(b"\n", b"\r\n")


def test_hunk_at_an_offset_goes_to_the_nearest_place() -> None:
    assert applied(EDIT, shop_py=b"x\n" * 7 + OLD)["shop.py"].new == b"x\n" * 7 + NEW
    twice = OLD + b"y\n" * 9 + OLD
    assert applied(EDIT, shop_py=b"x\n" + twice)["shop.py"].new == b"x\n" + NEW + b"y\n" * 9 + OLD


def test_fuzz_only_where_it_is_unambiguous() -> None:
    other = OLD.replace(b"line 6\n", b"other 6\n")
    assert b"LINE 5\nother 6\n" in (applied(EDIT, shop_py=other)["shop.py"].new or b"")
    with pytest.raises(PatchDoesNotApply, match="several places"):
        applied(EDIT, shop_py=other + other)


def test_what_does_not_apply_is_named() -> None:
    with pytest.raises(PatchDoesNotApply, match=r"hunk 1 of shop\.py: .* 'line 4'") as caught:
        applied(EDIT, shop_py=b"nothing\n" * 20)
    assert (caught.value.path, caught.value.hunk) == ("shop.py", 1)
    with pytest.raises(PatchDoesNotApply, match="no such file"):
        applied(EDIT)
    with pytest.raises(PatchDoesNotApply, match="already applied"):
        applied(EDIT, shop_py=NEW)


CREATE = b"diff --git a/n.py b/n.py\nnew file mode 100644\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x\n"


def test_creation_and_deletion() -> None:
    assert applied(CREATE) == {"n.py": FileVersion("n.py", None, b"x\n")}
    with pytest.raises(PatchDoesNotApply, match="already applied"):
        applied(CREATE, n_py=b"x\n")
    with pytest.raises(PatchDoesNotApply, match="there already"):
        applied(CREATE, n_py=b"y\n")
    delete = b"--- a/n.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
    assert applied(delete, n_py=b"x\n") == {"n.py": FileVersion("n.py", b"x\n", None)}
    with pytest.raises(PatchDoesNotApply, match="not all of its lines"):
        applied(delete, n_py=b"x\ny\n")
    gnu = b"--- n.py\t1970-01-01 00:00:00.000000000 +0000\n+++ n.py\t2024-01-01 00:00:00\n@@ -0,0 +1 @@\n+x\n"
    assert applied(gnu) == {"n.py": FileVersion("n.py", None, b"x\n")}


def test_rename_copy_mode_and_empty_files() -> None:
    patch = b"""\
diff --git a/a.py b/b c.py
similarity index 100%
rename from a.py
rename to b c.py
diff --git a/m.py b/m.py
old mode 100644
new mode 100755
diff --git a/m.py b/k.py
similarity index 100%
copy from m.py
copy to k.py
diff --git a/e e.py b/e e.py
new file mode 100644
index 0000000..e69de29
"""
    assert applied(patch, a_py=b"1\n", m_py=b"2\n") == {
        "b c.py": FileVersion("b c.py", b"1\n", b"1\n", "a.py"),
        "e e.py": FileVersion("e e.py", None, b""),
        "k.py": FileVersion("k.py", None, b"2\n"),
        "m.py": FileVersion("m.py", b"2\n", b"2\n", None, "mode"),
    }


def test_several_commits_on_one_file() -> None:
    second = EDIT.replace(b"-line 5\n+LINE 5", b"-LINE 5\n+LINE FIVE")
    found = applied(EDIT + b"-- \n2.39\n\nFrom abc\n" + second, shop_py=OLD)
    assert found["shop.py"].new == OLD.replace(b"line 5\n", b"LINE FIVE\n")


def test_binary_without_contents_and_symlink_and_submodule() -> None:
    opaque = (
        b"diff --git a/i.png b/i.png\nindex 1..2 100644\nBinary files a/i.png and b/i.png differ\n"
    )
    found = apply(read_patch(opaque), {"i.png": b"\0"}.get)[0]
    assert found.note == "unreadable"
    assert found.old != found.new
    link = (
        b"diff --git a/l.py b/l.py\nnew file mode 120000\n--- /dev/null\n+++ b/l.py\n@@ -0,0 +1 @@\n+a.py\n"
        b"\\ No newline at end of file\n"
    )
    assert applied(link, a_py=b"1\n")["l.py"] == FileVersion("l.py", None, b"1\n", None, "symlink")
    sub = (
        b"diff --git a/s b/s\nindex 1..2 160000\n--- a/s\n+++ b/s\n@@ -1 +1 @@\n"
        b"-Subproject commit 1\n+Subproject commit 2\n"
    )
    found = apply(read_patch(sub), lambda _: None)[0]
    assert (found.note, found.new) == ("submodule unreadable", b"Subproject commit 2")


@pytest.mark.parametrize(
    "patch",
    [
        b"hello\n",
        b"diff --cc a.py\n@@@ -1 -1 +1 @@@\n",
        b"*** a.py\n--- a.py\n***************\n*** 1 ****\n",
        EDIT[:-8],
        EDIT.replace(b" line 6", b"line 6"),
        EDIT.replace(b"-4,3 +4,3", b"-4,9 +4,1"),
        b"@@ -1 +1 @@\n-a\n+b\n",
    ],
)
def test_what_is_no_unified_diff_is_refused(patch: bytes) -> None:
    with pytest.raises(PatchUnreadable):
        read_patch(patch)


@pytest.mark.parametrize(
    "path", [b"../x.py", b"/etc/passwd", b"a/../../x", b".git/hooks/x", b"C:/x"]
)
def test_paths_that_lead_out_are_refused(path: bytes) -> None:
    with pytest.raises(PatchUnsafePath):
        read_patch(EDIT.replace(b"a/shop.py", b"a/" + path).replace(b"b/shop.py", b"b/" + path))


def test_patch_through_a_symlink_out_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/out").symlink_to(tmp_path)
    (tmp_path / "shop.py").write_bytes(OLD)
    with pytest.raises(PatchUnsafePath, match="symbolic link"):
        patched_files(tmp_path / "root", EDIT.replace(b"/shop", b"/out/shop"))


def test_patch_in_a_repository(git: Run, repo: Path) -> None:
    (repo / "pkg/shop.py").write_bytes(OLD)
    git(repo, "commit", "-qam", "old")
    (repo / "pkg/shop.py").write_bytes(NEW)
    patch = git(repo, "diff").encode()
    assert patched_files(repo, patch, "HEAD")[0] == FileVersion("pkg/shop.py", OLD, NEW)
    assert patched_files(repo / "pkg", patch, "HEAD")[0] == FileVersion("shop.py", OLD, NEW)
    with pytest.raises(PatchDoesNotApply, match="already applied"):
        patched_files(repo, patch)
    git(repo, "checkout", "-q", ".")
    assert patched_files(repo, patch)[0].new == NEW
    assert (repo / "pkg/shop.py").read_bytes() == OLD
    assert patched_files(repo, b"") == ()


def test_whole_files(repo: Path) -> None:
    data = (repo / "data.json").read_bytes()
    expected = (FileVersion("data.json", data, data, None, "whole"),)
    assert whole_files(repo, ["data.json", "./data.json"]) == expected
    assert whole_files(repo, ["../data.json"], cwd=repo / "pkg") == expected
    for path in ("nope.py", "pkg", "../x"):
        with pytest.raises(TdadError):
            whole_files(repo, [path])


LINES = st.lists(
    st.sampled_from([b"a", b"b", b"", b"c\r", b"-- x", b"++ y", b"\x0c", b"\xff", b"@@ -1 +1 @@"]),
    max_size=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    files=st.lists(st.tuples(LINES, LINES, st.booleans(), st.booleans()), min_size=1, max_size=3),
    context=st.sampled_from(["-U3", "-U0", "-U1"]),
    binary=st.booleans(),
)
def test_round_trip_through_git_diff(
    git: Run,
    template: Path,
    tmp_path: Path,
    files: list[tuple[list[bytes], list[bytes], bool, bool]],
    context: str,
    binary: bool,
) -> None:
    if not (tmp_path / ".git").exists():
        git(tmp_path, "init", "-q")
    before, after = tmp_path / "a", tmp_path / "b"
    texts = {}
    for folder in (before, after):
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
    for number, (old, new, old_end, new_end) in enumerate(files):
        pair = [
            b"\n".join(lines)
            + (b"\n" if lines and end else b"")
            + (b"\0" if binary and number == 0 else b"")
            for lines, end in ((old, old_end), (new, new_end))
        ]
        texts[f"f {number}.py"] = pair
        (before / f"f {number}.py").write_bytes(pair[0])
        (after / f"f {number}.py").write_bytes(pair[1])
    text = subprocess.run(
        ["git", "diff", "--no-index", "--no-prefix", "--binary", context, "a", "b"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    ).stdout
    found = {
        v.path: v.new
        for v in apply(read_patch(text), {name: pair[0] for name, pair in texts.items()}.get)
    }
    assert found == {name: pair[1] for name, pair in texts.items() if pair[0] != pair[1]}


@settings(max_examples=300, deadline=timedelta(seconds=5))
@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_sentence_or_a_patch(text: bytes) -> None:
    _survives(text)


@settings(max_examples=300, deadline=timedelta(seconds=5))
@given(st.integers(0, 2**32))
def test_mutated_patches_end_in_a_sentence_or_a_patch(seed: int) -> None:
    chance = random.Random(seed)
    lines = (
        EDIT
        + CREATE
        + b"diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZQzU|?ckU|?Xn0000\n\n"
        + b"literal 0\nHcmV?d00001\n\n"
    ).split(b"\n")
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, chance.choice(lines))
            case 2:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            case _:
                lines[at] = lines[at] + bytes([chance.randrange(256)])
        lines = lines or [b""]
    _survives(b"\n".join(lines))


def _survives(text: bytes) -> None:
    try:
        apply(read_patch(text), {"shop.py": OLD, "x": b"\0"}.get)
    except TdadError as error:
        said = str(error)
    else:
        return
    assert said


def test_a_diff_of_50_mb_takes_seconds() -> None:
    lines = b"".join(b"+%040d\n" % number for number in range(1_200_000))
    patch = b"--- /dev/null\n+++ b/big.txt\n@@ -0,0 +1,1200000 @@\n" + lines
    started = time.process_time()
    found = apply(read_patch(patch), lambda _: None)
    assert len(found[0].new or b"") == 1_200_000 * 41
    assert time.process_time() - started < 20


DIFFERENTIAL_S = 25.0
"""The comparison with git stops after this long; by then it must have seen enough."""


def drifted_patch(folder: Path, chance: random.Random, context: int) -> tuple[bytes, bytes]:
    """A patch between two versions of ``f.py``, and a third version that it is applied to."""
    words = [b"%d\n" % chance.randrange(6) for _ in range(30)]
    new = words.copy()
    for _ in range(chance.randint(1, 3)):
        match chance.randrange(3):
            case 0:
                new[chance.randrange(len(new))] = b"new %d\n" % chance.randrange(9)
            case 1:
                del new[chance.randrange(len(new))]
            case _:
                new.insert(chance.randrange(len(new) + 1), b"more %d\n" % chance.randrange(9))
    drifted = words.copy()
    for _ in range(chance.randrange(3)):
        at = chance.randrange(30)
        drifted[at : at + chance.randrange(2)] = [b"drift\n"] * chance.randrange(3)
    for name, lines in (("old", words), ("new", new)):
        (folder / name).write_bytes(b"".join(lines))
    run = ["git", "diff", "--no-index", "--no-prefix", f"-U{context}", "old", "new"]
    text = subprocess.run(run, cwd=folder, capture_output=True, check=False, timeout=20).stdout
    text = text.replace(b"--- old", b"--- a/f.py").replace(b"+++ new", b"+++ b/f.py")
    return b"--- a/f.py" + text.partition(b"--- a/f.py")[2], b"".join(drifted)


def applied_by(command: list[str], folder: Path, patch: bytes, before: bytes) -> bytes | None:
    (folder / "f.py").write_bytes(before)
    done = subprocess.run(
        command, cwd=folder, input=patch, capture_output=True, check=False, timeout=20
    )
    return (folder / "f.py").read_bytes() if done.returncode == 0 else None


def test_git_apply_gnu_patch_and_we_agree(tmp_path: Path) -> None:
    """What git applies we apply alike; what git refuses we refuse, unless GNU patch takes it, and then alike."""
    chance = random.Random(8)
    gnu = shutil.which("patch")
    accepted = refused = by_gnu = 0
    until = time.monotonic() + DIFFERENTIAL_S
    while time.monotonic() < until and accepted + refused < 300:
        patch, before = drifted_patch(tmp_path, chance, chance.choice([1, 3, 3]))
        if b"@@" not in patch:
            continue
        by_git = applied_by(["git", "apply", "-"], tmp_path, patch, before)
        try:
            ours = {v.path: v.new for v in apply(read_patch(patch), {"f.py": before}.get)}.get(
                "f.py", before
            )
        except PatchDoesNotApply:
            ours = None
        if by_git is not None:
            accepted += 1
            assert ours == by_git, patch
            continue
        refused += 1
        if ours is not None and gnu is not None:
            by_gnu += 1
            quiet = [
                gnu,
                "-p1",
                "--batch",
                "--forward",
                "--silent",
                "--no-backup-if-mismatch",
                "-r",
                "-",
            ]
            assert applied_by(quiet, tmp_path, patch, before) == ours, patch
    assert accepted >= 20
    assert refused >= 20
    assert by_gnu < refused
