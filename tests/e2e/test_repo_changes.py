"""``tdad impact`` on throw-away git repositories: what counts as a change, and which tests it selects."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.shop_project import (
    ALL,
    FILES,
    NAME,
    SLOW,
    TOTAL,
    copied,
    edit,
    git,
    make_recorded,
    run_pytest,
    tdad,
    write,
)

UNCOMMITTED = ("--uncommitted",)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recorded(tmp_path_factory.mktemp("template") / "shop")


@pytest.fixture
def shop(template: Path, tmp_path: Path) -> Path:
    return copied(template, tmp_path / "shop")


def ids(root: Path, *arguments: str, stdin: bytes | None = None) -> list[str]:
    """Sorted node ids at risk."""
    done = tdad(root, "impact", *arguments, "--format", "ids", stdin=stdin)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return sorted(done.stdout.splitlines())


def changes(root: Path, *arguments: str) -> list[tuple[str, str]]:
    """Path and kind of each change."""
    done = tdad(root, "impact", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["changes"]
    return sorted({(change["path"], change["kind"]) for change in found})


def committed(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "more")


def recorded_again(root: Path) -> None:
    committed(root)
    done = run_pytest(root, "-q", "--tdad-map")
    assert done.returncode == 0, done.stdout


# ------------------------------------------------------------------------------------------------ which change is meant


def test_staged_unstaged_untracked(shop: Path) -> None:
    edit(shop, "* VAT", "/ VAT")
    git(shop, "add", "-A")
    edit(shop, '"shop"', '"pohs"')
    write(shop, {"tests/test_new.py": "def test_new():\n    pass\n"})
    assert ids(shop, *UNCOMMITTED) == sorted([*TOTAL, NAME, "tests/test_new.py::test_new"])
    assert ids(shop) == ids(shop, *UNCOMMITTED)


def test_base_is_where_the_branch_left(shop: Path) -> None:
    git(shop, "checkout", "-qb", "topic")
    edit(shop, '"shop"', '"pohs"')
    committed(shop)
    git(shop, "checkout", "-q", "main")
    edit(shop, "return 1\n", "return 2\n")
    committed(shop)
    git(shop, "checkout", "-q", "topic")
    assert ids(shop, "--base", "main") == [NAME]
    assert ids(shop, "--base", "main", "--exact") == sorted([NAME, SLOW])
    assert ids(shop, "--base", "HEAD~1") == [NAME]
    assert ids(shop, *UNCOMMITTED) == []
    edit(shop, "* VAT", "/ VAT")
    assert ids(shop, "--base", "main") == sorted([NAME, *TOTAL])


@pytest.mark.parametrize("source", ["file", "-"])
def test_patch(shop: Path, source: str) -> None:
    edit(shop, '"shop"', '"pohs"')
    patch = git(shop, "diff")
    git(shop, "checkout", "-q", ".")
    if source == "file":
        (shop.parent / "p.diff").write_text(patch, encoding="utf-8")
        assert ids(shop, "--patch", "../p.diff") == [NAME]
    else:
        assert ids(shop, "--patch", "-", stdin=patch.encode()) == [NAME]
    assert (shop / "shop.py").read_text(encoding="utf-8") == FILES["shop.py"]


def test_patch_against_a_base(shop: Path) -> None:
    edit(shop, '"shop"', '"pohs"')
    patch = git(shop, "diff").encode()
    edit(shop, '\n\ndef name():\n    return "pohs"', "")
    committed(shop)
    assert ids(shop, "--patch", "-", "--base", "HEAD~1", stdin=patch) == [NAME]


def test_an_empty_patch_is_no_change(shop: Path) -> None:
    assert ids(shop, "--patch", "-", stdin=b"") == []


def test_files(shop: Path) -> None:
    assert ids(shop, "--files", "shop.py") == ALL
    assert ids(shop, "tests/deep/test_slow.py") == [SLOW]
    assert ids(shop / "tests", "--files", "deep/test_slow.py") == ["deep/test_slow.py::test_slow"]


# ------------------------------------------------------------------------------------------------------ kinds of change


@pytest.mark.parametrize("options", [(), UNCOMMITTED], ids=["recorded", "uncommitted"])
@pytest.mark.parametrize("staged", [True, False])
def test_rename(shop: Path, staged: bool, options: Sequence[str]) -> None:
    (shop / "shop.py").rename(shop / "store.py")
    if staged:
        git(shop, "add", "-A")
    assert ids(shop, *options) == ALL


def test_rename_of_a_test_file(shop: Path) -> None:
    (shop / "tests/deep/test_slow.py").rename(shop / "tests/deep/test_calm.py")
    for options in ((), UNCOMMITTED):
        assert SLOW.replace("test_slow.py", "test_calm.py") in ids(shop, *options)
        assert not set(ids(shop, *options)) & {NAME, *TOTAL}


@pytest.mark.parametrize("options", [(), UNCOMMITTED], ids=["recorded", "uncommitted"])
def test_deletion(shop: Path, options: Sequence[str]) -> None:
    (shop / "shop.py").unlink()
    assert ids(shop, *options) == ALL
    assert ("shop.py", "removed") in changes(shop, *options)


def test_mode_change_is_no_change_of_code(shop: Path) -> None:
    (shop / "shop.py").chmod(0o755)
    for options in ((), UNCOMMITTED, ("--base", "main")):
        assert ids(shop, *options) == []


def test_binary_file(shop: Path) -> None:
    (shop / "logo.bin").write_bytes(b"\0\1\2")
    edit(shop, 'return "shop"', 'return open("logo.bin", "rb").read() and "shop"')
    recorded_again(shop)
    (shop / "logo.bin").write_bytes(b"\0\1\3")
    (shop / "other.bin").write_bytes(b"\0")
    for options in ((), UNCOMMITTED):
        assert ids(shop, *options) == [NAME]
    patch = git(shop, "diff", "--binary").encode()
    git(shop, "checkout", "-q", "logo.bin")
    assert ids(shop, "--patch", "-", stdin=patch) == [NAME]


@pytest.mark.parametrize("options", [(), UNCOMMITTED], ids=["recorded", "uncommitted"])
def test_submodule(shop: Path, tmp_path: Path, options: Sequence[str]) -> None:
    library = tmp_path / "library"
    write(library, {"lib.py": "def one():\n    return 1\n\n\ndef two():\n    return 2\n"})
    git(library, "init", "-q", "-b", "main")
    committed(library)
    git(shop, "submodule", "-q", "add", str(library), "sub")
    edit(shop, "return 1\n", "from sub.lib import one\n\n    return one()\n")
    recorded_again(shop)
    edit(shop, "return 2", "return 3", "sub/lib.py")
    assert ids(shop, *options) == []
    edit(shop, "return 1", "return 1 + 0", "sub/lib.py")
    assert ids(shop, *options) == [SLOW]
    committed(shop / "sub")
    assert ids(shop, *options) == [SLOW]


@pytest.mark.parametrize("options", [(), UNCOMMITTED], ids=["recorded", "uncommitted"])
def test_line_endings_and_bom(shop: Path, options: Sequence[str]) -> None:
    text = (shop / "shop.py").read_bytes()
    (shop / "shop.py").write_bytes(text.replace(b"\n", b"\r\n"))
    assert ids(shop, *options) == []
    (shop / "shop.py").write_bytes(b"\xef\xbb\xbf" + text)
    assert ids(shop, *options) == []
    (shop / "shop.py").write_bytes(
        b"\xef\xbb\xbf" + text.replace(b'"shop"', b'"pohs"').replace(b"\n", b"\r\n")
    )
    assert ids(shop, *options) == [NAME]


@pytest.mark.parametrize("options", [(), UNCOMMITTED], ids=["recorded", "uncommitted"])
def test_not_utf8_with_a_cookie(shop: Path, options: Sequence[str]) -> None:
    text = '# -*- coding: latin-1 -*-\n\ndef café():\n    return "é"\n\n\ndef other():\n    return "ü"\n'
    (shop / "latin.py").write_bytes(text.encode("latin-1"))
    edit(shop, "return 1\n", "import latin\n\n    return len(latin.café())\n")
    recorded_again(shop)
    (shop / "latin.py").write_bytes(text.replace('"ü"', '"ö"').encode("latin-1"))
    assert ids(shop, *options) == []
    (shop / "latin.py").write_bytes(text.replace('"é"', '"è"').encode("latin-1"))
    assert ids(shop, *options) == [SLOW]


@pytest.mark.parametrize("options", [(), UNCOMMITTED], ids=["recorded", "uncommitted"])
def test_symbolic_links(shop: Path, tmp_path: Path, options: Sequence[str]) -> None:
    write(shop, {"real/inner.py": "def one():\n    return 1\n"})
    (shop / "linked").symlink_to("real")
    (shop / "alias.py").symlink_to("real/inner.py")
    (tmp_path / "outside.py").write_text("x = 1\n", encoding="utf-8")
    (shop / "out.py").symlink_to(tmp_path / "outside.py")
    (shop / "loop").symlink_to("loop")
    edit(shop, "return 1\n", "from linked.inner import one\n\n    return one()\n")
    edit(shop, 'return "shop"', 'import alias\n\n    return alias.one() and "shop"')
    recorded_again(shop)
    edit(shop, "return 1", "return 1 + 0", "real/inner.py")
    assert ids(shop, *options) == sorted([NAME, SLOW])


@pytest.mark.parametrize("options", [(), UNCOMMITTED], ids=["recorded", "uncommitted"])
def test_syntax_error_in_the_new_version(shop: Path, options: Sequence[str]) -> None:
    edit(shop, "def slow():", "def slow(:")
    assert ids(shop, *options) == ALL


def test_syntax_error_in_a_test_file(shop: Path) -> None:
    edit(shop, "def test_slow():", "def test_slow(:", "tests/deep/test_slow.py")
    for options in ((), UNCOMMITTED):
        assert [one.partition("::")[0] for one in ids(shop, *options)] == [
            "tests/deep/test_slow.py"
        ]


# ---------------------------------------------------------------------------------------------------- kinds of project


def test_no_git(shop: Path) -> None:
    (shop / ".git").rename(shop.parent / "was-git")
    assert ids(shop) == []
    edit(shop, '"shop"', '"pohs"')
    assert ids(shop) == [NAME]
    assert ids(shop, "--files", "tests/deep/test_slow.py") == [SLOW]


def test_from_a_sub_directory(shop: Path) -> None:
    edit(shop, '"shop"', '"pohs"')
    assert ids(shop / "tests", *UNCOMMITTED) == ["test_shop.py::test_name"]
    assert ids(shop / "tests" / "deep") == ["../test_shop.py::test_name"]


def test_project_root_below_the_toplevel(tmp_path: Path) -> None:
    top = tmp_path / "mono"
    write(top, {f"web/{name}": text for name, text in FILES.items()} | {"lib/lib.py": "x = 1\n"})
    git(top, "init", "-q", "-b", "main")
    committed(top)
    assert run_pytest(top / "web", "-q", "--tdad-map").returncode == 0
    edit(top, "x = 1", "x = 2", "lib/lib.py")
    edit(top, '"shop"', '"pohs"', "web/shop.py")
    for options in ((), UNCOMMITTED, ("--base", "main")):
        assert ids(top / "web", *options) == [NAME]
        assert changes(top / "web", *options) == [("shop.py", "edited")]
    patch = git(top, "diff").encode()
    git(top, "checkout", "-q", ".")
    assert ids(top / "web", "--patch", "-", stdin=patch) == [NAME]


@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 there")
def test_names_that_are_no_utf8(shop: Path) -> None:
    odd = os.fsdecode(b"odd\xff.txt")
    script = os.fsdecode(b"s\xff.py")
    (shop / odd).write_text("1", encoding="utf-8")
    (shop / script).write_text("def f():\n    return 1\n", encoding="utf-8")
    edit(
        shop,
        'return "shop"',
        'import os\n\n    return open(os.fsdecode(b"odd\\xff.txt")).read() and "shop"',
    )
    recorded_again(shop)
    (shop / odd).write_text("2", encoding="utf-8")
    (shop / script).write_text("def f():\n    return 2\n", encoding="utf-8")
    for options in ((), UNCOMMITTED):
        assert ids(shop, *options) == [NAME]
        assert (odd, "edited") in changes(shop, *options)
        for form in ("text", "files"):
            assert tdad(shop, "impact", *options, "--format", form).returncode == 0
    for arguments in (
        ("index",),
        ("map", "stats"),
        ("map", "show", odd),
        ("map", "show", NAME),
        ("map", "export", "-o", "-"),
        ("map", "export", "--format", "json", "-o", "-"),
        ("map", "export", "--format", "dot", "-o", "-"),
        ("map", "export", "--format", "graphml", "-o", "-"),
        ("graph", "export"),
        ("graph", "export", "--calls"),
        ("explain", NAME),
        ("explain", NAME, "--json"),
    ):
        done = tdad(shop, *arguments)
        assert done.returncode == 0, (arguments, done.stderr)
    assert "1 passed" in run_pytest(shop, "--tdad-select", "-n", "2").stdout
