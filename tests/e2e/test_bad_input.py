"""What a user can do wrong: one sentence with the next command, the documented exit code, and nothing is lost."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from reference import errors

from tests.e2e.shop_project import (
    ALL,
    CANNOT_DROP,
    MAP,
    NAME,
    SLOW,
    copied,
    covers_all,
    edit,
    environment,
    git,
    in_map,
    make_recorded,
    python,
    run_pytest,
    tdad,
    write,
)
from tests.lean import ADDOPTS

MESSAGES = Path(__file__).parents[2] / "docs" / "reference" / "messages.md"
Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recorded(tmp_path_factory.mktemp("template") / "shop")


@pytest.fixture
def shop(template: Path, tmp_path: Path) -> Path:
    return copied(template, tmp_path / "shop")


def refused(done: Done, slug: str, code: int = 3) -> str:
    """The one sentence that a command ended with."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("tdad: ")
    assert done.stderr.endswith(f"[{slug}]\n")
    assert done.stderr.count("\n") == 1
    return done.stderr


def refused_by_pytest(done: Done, slug: str) -> None:
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("ERROR: tdad: ")]
    assert len(said) == 1, done.stderr
    assert said[0].endswith(f"[{slug}]")
    assert "Traceback" not in done.stderr


# ------------------------------------------------------------------------------------------------------- the question


@pytest.mark.parametrize(
    ("arguments", "slug", "code"),
    [
        (("impact", "--base", "mian"), "revision-unknown", 3),
        (("impact", "--base", ""), "revision-unknown", 3),
        (("impact", "--patch", "no.patch"), "patch-missing", 2),
        (("impact", "--patch", "tests"), "patch-missing", 2),
        (("impact", "--patch", "shop.py"), "patch-unreadable", 3),
        (("impact", "--files", "no.py"), "file-not-in-project", 2),
        (("impact", "--files", "../../etc/passwd"), "file-not-in-project", 2),
        (("impact", "--base", "main", "--uncommitted"), "options-exclude", 2),
        (("impact", "--exact"), "option-needs-base", 2),
        (("impact", "--limit", "0"), "usage", 2),
        (("-c", "limmit=3", "impact"), "config-unknown-key", 2),
        (("-c", "limit=many", "impact"), "config-invalid", 2),
        (("explain", "tests/test_shop.py::test_nothing"), "test-unknown", 3),
        (("record", "--python", "no/python"), "interpreter-not-found", 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_question_that_makes_no_sense(
    shop: Path, arguments: tuple[str, ...], slug: str, code: int
) -> None:
    before = tdad(shop, "map", "export", "--format", "json").stdout
    refused(tdad(shop, *arguments), slug, code)
    assert tdad(shop, "map", "export", "--format", "json").stdout == before


def test_base_without_a_repository(shop: Path) -> None:
    (shop / ".git").rename(shop / "was-git")
    assert "tdad impact" in refused(tdad(shop, "impact", "--base", "main"), "not-a-repository")
    assert tdad(shop, "impact").returncode == 0
    refused_by_pytest(run_pytest(shop, "--tdad-select", "--tdad-base", "main"), "not-a-repository")


def test_a_patch_that_does_not_apply(shop: Path) -> None:
    edit(shop, "* VAT", "/ VAT")
    patch = git(shop, "diff")
    said = refused(
        tdad(shop, "impact", "--patch", "-", stdin=patch.encode()), "patch-does-not-apply"
    )
    assert "already applied" in said
    edit(shop, "sum(prices) / VAT", "1")
    edit(shop, "VAT = 1.19\n", "")
    edit(shop, "def total(prices):\n", "def total(bills):\n")
    refused(tdad(shop, "impact", "--patch", "-", stdin=patch.encode()), "patch-does-not-apply")
    refused(tdad(shop, "impact", "--patch", "-", stdin=b"+++ nothing\n"), "patch-unreadable")


def test_an_unrelated_base_and_exactly_that_commit(shop: Path) -> None:
    git(shop, "checkout", "-q", "--orphan", "other")
    edit(shop, "* VAT", "/ VAT * VAT * VAT")
    git(shop, "commit", "-qam", "another beginning")
    said = refused(tdad(shop, "impact", "--base", "main"), "revision-unrelated")
    remedy = said.partition("Compare with exactly that commit: ")[2].partition(" [")[0]
    done = tdad(shop, "impact", *remedy.split(), "--format", "ids")
    assert "test_total" in done.stdout


@pytest.mark.parametrize(
    ("text", "slug", "says"),
    [
        ("[tool.tdad]\nlimmit = 3\n", "config-unknown-key", "limit"),
        ("[tool.tdad]\nlimit = 'many'\n", "config-invalid", "positive integer"),
        ("[tool.tdad]\nlimit = \n", "config-invalid", "pyproject.toml:2"),
        ("tool.tdad = 1\n", "config-invalid", "must be a table"),
    ],
)
def test_a_configuration_that_is_wrong(shop: Path, text: str, slug: str, says: str) -> None:
    (shop / "pyproject.toml").write_text(text, encoding="utf-8")
    assert says in refused(tdad(shop, "impact"), slug, 2)
    if (
        "limit = \n" not in text and "= 1\n" not in text
    ):  # pytest itself reads that file, and ends earlier
        refused_by_pytest(run_pytest(shop, "--tdad-map", "-p", "no:cacheprovider"), slug)
        refused_by_pytest(run_pytest(shop, "--tdad-select"), slug)
    assert run_pytest(shop, "--version").returncode == 0 or "limit = \n" in text


# ------------------------------------------------------------------------------------------------------------ the map


def corrupt(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(value ^ 0x5A for value in data[4096:])
    path.write_bytes(data)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (x)")
        connection.commit()


def no_database(path: Path) -> None:
    path.write_bytes(b"not a database at all\n" * 300)


@pytest.mark.parametrize(
    ("damage", "slug"),
    [
        (corrupt, "map-corrupt"),
        (newer, "map-newer"),
        (foreign, "not-a-map"),
        (no_database, "not-a-map"),
    ],
)
def test_a_map_that_is_none(shop: Path, damage: Callable[[Path], None], slug: str) -> None:
    damage(shop / MAP)
    before = (shop / MAP).read_bytes()
    for arguments in (("impact",), ("index",), ("map", "stats"), ("map", "export", "-o", "-")):
        refused(tdad(shop, *arguments), slug)
    for option in ("--tdad-select", "--tdad-map"):
        refused_by_pytest(run_pytest(shop, option), slug)
    refused(tdad(shop, "record", "--python", sys.executable), slug)
    assert (shop / MAP).read_bytes() == before


def test_no_map(shop: Path) -> None:
    (shop / MAP).unlink()
    for arguments in (
        ("impact",),
        ("explain", NAME),
        ("map", "stats"),
        ("map", "show", "shop.py"),
    ):
        assert "pytest --tdad-map" in refused(tdad(shop, *arguments), "map-not-found")


def test_a_stale_map_answers_and_says_so(shop: Path) -> None:
    edit(shop, "* VAT", "/ VAT")
    git(shop, "commit", "-qam", "later")
    answer = tdad(shop, "impact", "--json")
    assert answer.returncode == 0
    assert '"test_total' not in answer.stdout
    assert "test_total" in answer.stdout


def test_a_locked_map(shop: Path) -> None:
    before = in_map(shop)
    edit(shop, '"shop"', '"shop" + ""')
    with closing(sqlite3.connect(shop / MAP, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        asked = tdad(shop, "impact", "--format", "ids")
        recorded = run_pytest(shop, "-q", "--tdad-map", "-k", "name")
        connection.execute("ROLLBACK")
    assert (asked.returncode, asked.stdout) == (0, f"{NAME}\n"), asked.stderr
    assert recorded.returncode == 0
    assert "[map-locked]" in recorded.stdout
    assert (
        tdad(shop, "impact", "--format", "ids").stdout == ""
    )  # what was recorded meanwhile is taken in now
    assert in_map(shop) == before


def test_a_read_only_map(shop: Path) -> None:
    edit(shop, '"shop"', '"shop" + ""')
    before = (shop / MAP).read_bytes()
    for path in (shop / ".tdad" / "spool", shop / MAP, shop / ".tdad"):
        path.chmod(path.stat().st_mode & ~0o222)
    if python(shop, "-c", "", guarded=True).returncode == CANNOT_DROP:
        pytest.skip("root cannot be told that a file is read-only here")
    asked = tdad(shop, "impact", "--format", "ids", guarded=True)
    assert (asked.returncode, asked.stdout) == (0, f"{NAME}\n"), asked.stderr
    assert "1 passed, 3 deselected" in run_pytest(shop, "--tdad-select", guarded=True).stdout
    refused_by_pytest(run_pytest(shop, "--tdad-map", guarded=True), "map-read-only")
    refused(tdad(shop, "index", guarded=True), "map-read-only")
    assert (shop / MAP).read_bytes() == before


def test_a_folder_that_cannot_be_made(shop: Path) -> None:
    git(shop, "clean", "-qfdx")
    (shop / ".tdad").unlink(missing_ok=True)
    if (shop / ".tdad").is_dir():
        (shop / ".tdad").rename(shop.parent / "away")
    (shop / ".tdad").write_text("in the way", encoding="utf-8")
    refused_by_pytest(run_pytest(shop, "--tdad-map"), "map-read-only")
    refused(tdad(shop, "index"), "map-read-only")
    assert run_pytest(shop, "--tdad-select").returncode == 0


# ------------------------------------------------------------------------------------------------------------ the run


def test_tests_that_fail_to_collect(shop: Path) -> None:
    write(shop, {"tests/test_broken.py": "import no_such_module\n"})
    done = run_pytest(shop, "--tdad-map")
    assert done.returncode == pytest.ExitCode.INTERRUPTED
    assert "nothing was recorded: no test ran" in done.stdout
    assert in_map(shop) == ALL
    done = run_pytest(shop, "--tdad-map", "--continue-on-collection-errors")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert in_map(shop) == ALL
    write(shop, {"tests/test_shop.py": "def test_(:\n"})
    run_pytest(shop, "--tdad-map", "--continue-on-collection-errors")
    assert in_map(shop) == ALL


def test_an_interpreter_without_pytest(shop: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True, timeout=60
    )
    said = refused(
        tdad(shop, "record", "--python", str(bare / "bin" / "python")),
        "interpreter-without-pytest",
    )
    assert "-m pip install 'pytest>=7'" in said
    assert in_map(shop) == ALL


@pytest.mark.parametrize("room", [0, 33_000], ids=["from the start", "in between"])
def test_a_full_disk(shop: Path, room: int) -> None:
    """No file may grow beyond ``room`` bytes (SQLite needs 32 KiB beside the map to open it at all)."""
    edit(shop, '"shop"', '"shop" + ""')
    many = "".join(f"def f{n * 7919}(a{n}):\n    return g{n * 31}(a{n})\n" for n in range(2000))
    write(shop, {"tests/test_many.py": MANY, "many.py": many})
    before = in_map(shop)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:testmon",
            "-p",
            "no:cacheprovider",
            "--tdad-map",
        ],
        cwd=shop,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    if room == 0:
        refused_by_pytest(
            subprocess.CompletedProcess([], done.returncode, "", done.stderr), "disk-full"
        )
    else:
        assert "24 passed" in done.stdout, done.stdout + done.stderr
        assert done.returncode == 0
        assert "[disk-full]" in done.stdout
    assert in_map(shop) == before
    assert (
        tdad(shop, "impact").returncode == 0
    )  # there is room again, and what was recorded is taken in
    assert set(in_map(shop)) >= set(before)


# --------------------------------------------------------------------------------------------------- killed in between

MANY = """
import pytest
import shop

@pytest.mark.parametrize("n", range(20))
def test_many(n):
    assert shop.name()
"""

SLEEPY = """
import time
import pytest
import shop

@pytest.mark.parametrize("n", range(20))
def test_sleepy(n):
    time.sleep(0.05)
    assert shop.name()
"""


def started(root: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def spooled(root: Path) -> int:
    """How many tests of the run that goes on are on disk."""
    files = (root / ".tdad" / "spool").glob("*/*.jsonl")
    return sum(file.read_bytes().count(b'"t":"test"') for file in files)


def wait_for(
    condition: Callable[[], bool], process: subprocess.Popen[bytes], limit_s: float = 60
) -> None:
    until = time.monotonic() + limit_s
    while not condition() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=lambda how: how.name)
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["plain", "xdist"])
def test_a_run_that_is_stopped_keeps_the_finished_tests(
    shop: Path, how: signal.Signals, options: tuple[str, ...]
) -> None:
    write(shop, {"tests/test_sleepy.py": SLEEPY})
    process = started(
        shop, "-m", "pytest", "-p", "no:testmon", "--tdad-map", *options, "tests/test_sleepy.py"
    )
    wait_for(lambda: spooled(shop) >= 3, process)
    assert process.poll() is None
    if how is signal.SIGKILL:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    process.wait(30)
    assert tdad(shop, "impact").returncode == 0
    kept = [node_id for node_id in in_map(shop) if "sleepy" in node_id]
    assert 3 <= len(kept) < 20
    assert set(ALL) < set(in_map(shop))
    assert not any((shop / ".tdad" / "spool").iterdir())


@pytest.mark.parametrize("seed", range(4))
def test_a_command_killed_at_any_moment_leaves_a_map(shop: Path, seed: int) -> None:
    chance = random.Random(seed)
    write(shop, {f"pkg/m{n}.py": f"def f{n}():\n    return {n}\n" for n in range(80)})
    for arguments in (
        ("-m", "tdad", "index"),
        ("-m", "pytest", "-q", "-p", "no:testmon", "--tdad-map"),
    ):
        process = started(shop, *arguments)
        time.sleep(chance.uniform(0.05, 1.5))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        assert in_map(shop) == ALL
    done = tdad(shop, "impact", "--format", "ids")
    assert (done.returncode, done.stderr) == (0, "")
    assert in_map(shop) == ALL


def test_two_runs_at_once(shop: Path) -> None:
    write(shop, {"tests/test_sleepy.py": SLEEPY})
    both = [
        started(
            shop,
            "-m",
            "pytest",
            "-p",
            "no:testmon",
            "-p",
            "no:cacheprovider",
            "--tdad-map",
            "-k",
            what,
        )
        for what in ("sleepy", "not sleepy")
    ]
    assert [process.wait(90) for process in both] == [0, 0]
    assert len(in_map(shop)) == len(ALL) + 20
    assert tdad(shop, "impact", "--format", "ids").stdout == ""
    asking = [started(shop, "-m", "tdad", "impact") for _ in range(3)]
    assert [process.wait(60) for process in asking] == [0, 0, 0]


# -------------------------------------------------------------------------------------------------------- partial runs


@pytest.mark.parametrize(
    "options",
    [
        ("-k", "name"),
        ("-m", "quick"),
        (NAME,),
        ("--deselect", SLOW),
        ("--ignore", "tests/deep"),
        ("--ignore-glob", "*deep*"),
        ("-o", "python_files=test_shop.py"),
        ("--lf",),
        ("--sw",),
        ("--collect-only",),
        ("-n", "2", "-k", "name"),
        ("-c", "other.ini"),
    ],
    ids=" ".join,
)
def test_a_partial_run_drops_nothing_and_covers_nothing(
    shop: Path, options: tuple[str, ...]
) -> None:
    write(
        shop,
        {
            "other.ini": "[pytest]\npythonpath = .\npython_files = test_shop.py\nmarkers = quick\n"
            f"addopts = {ADDOPTS}\n"
        },
    )
    run_pytest(shop, "-q", "--tdad-map", *options)
    assert in_map(shop) == ALL
    (shop / MAP).unlink()
    run_pytest(shop, "-q", "--tdad-map", *options)
    assert not (shop / MAP).exists() or not covers_all(shop)


def test_a_full_run_of_a_folder_drops_what_is_gone_there_only(shop: Path) -> None:
    edit(shop, "test_name", "test_title", "tests/test_shop.py")
    edit(shop, "test_slow", "test_fast", "tests/deep/test_slow.py")
    run_pytest(shop, "-q", "--tdad-map", "tests/test_shop.py")
    assert set(in_map(shop)) == {*ALL, NAME.replace("name", "title")} - {NAME}
    assert covers_all(shop)  # some earlier run did
    (shop / MAP).unlink()
    run_pytest(shop, "-q", "--tdad-map", "tests")
    assert not covers_all(shop)
    run_pytest(shop, "-q", "--tdad-map")
    assert covers_all(shop)


# ------------------------------------------------------------------------------------------------------------ the page


def test_every_slug_has_its_section() -> None:
    page = MESSAGES.read_text(encoding="utf-8")
    missing = [each.slug for each in errors() if f"({each.slug})=\n\n## {each.slug}\n" not in page]
    assert missing == []
