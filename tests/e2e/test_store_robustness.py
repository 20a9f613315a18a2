"""The map survives what happens to files: kills, full disks, read-only places, flipped bits, two writers at once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tdad.errors import DiskFull, MapCorrupt, MapError, MapReadOnly
from tdad.facts import FileFacts
from tdad.store import Indexed, Map, open_map
from tests.unit.store.builders import digest, fixture, record, run, saw, test_owner

ROOT = Path(__file__).parents[2]
DB = fixture("conftest.py::db@tests")
PREAMBLE = """
import sys
from pathlib import Path
from tdad.store import open_map
from tests.e2e.test_store_robustness import big_run
path = Path(sys.argv[1])
"""


def big_run(number: int, tests: int = 60, first: int = 0):
    """A run whose every test says which run it was."""
    node_ids = [f"tests/test_{n % 7}.py::test_{n}" for n in range(first, first + tests)]
    seen = [
        saw(test_owner(one), {"m.py": [number], "n.py": [n]}) for n, one in enumerate(node_ids)
    ]
    records = [record(one, DB) for one in node_ids]
    return run(
        number, records, *seen, saw(DB, {"db.py": [1, number]}), versions={"m.py": number % 90}
    )


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def exported(path: Path) -> str:
    with open_map(path, mode="read") as opened:
        return json.dumps(opened.export_document())


def everything(opened: Map) -> str:
    """Ask everything that can be asked."""
    recorded = opened.recorded()
    answers: list[object] = [
        list(recorded.tests.items()),
        opened.mentioning("total"),
        opened.current(),
    ]
    for path in recorded.paths():
        for version in recorded.versions(path):
            entered = recorded.entered(path, version)
            answers.append((path, version, sorted((o, sorted(x)) for o, x in entered.items())))
            answers.append(recorded.facts(path, version))
    stats = opened.stats()
    answers.append((stats.tests, stats.runs, stats.definitions, stats.failing))
    return repr(answers) + json.dumps(opened.export_document())


@pytest.mark.slow
def test_a_killed_writer_leaves_the_previous_or_the_new_state(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(big_run(1), {})
    writer = """
    number = int(sys.argv[2])
    print("ready", flush=True)
    while True:
        with open_map(path, mode="write") as opened:
            opened.save(big_run(number), {})
        print(number, flush=True)
        number += 1
    """
    random.seed(7)
    newest = 1
    for _ in range(12):
        process = python(writer, path, newest + 1)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        told = process.communicate(timeout=20)[0].split()
        promised = int(told[-1]) if told else newest
        with open_map(path, mode="read") as opened:
            recorded = opened.recorded()
            assert len(recorded.tests) == 60
            runs = {
                line
                for version in recorded.versions("m.py")
                for lines in recorded.entered("m.py", version).values()
                for line in lines
            }
            everything(opened)
        # One run wrote all tests: a mixture of two would be half a transaction.
        assert len(runs) == 1
        assert runs <= {promised, promised + 1}
        newest = runs.pop()
    assert newest > 1


@pytest.mark.slow
def test_two_writers_at_once_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    writer = """
    first = int(sys.argv[2])
    for number in range(8):
        with open_map(path, mode="write") as opened:
            opened.save(big_run(first + number, 10, first), {})
    """
    processes = [python(writer, path, first) for first in (100, 200, 300)]
    for process in processes:
        _, talk = process.communicate(timeout=120)
        assert process.returncode == 0, talk
    with open_map(path, mode="read") as opened:
        tests = opened.recorded().tests
        assert len(tests) == 30
        assert all(len(test.recent) == 7 for test in tests.values())


def test_a_full_disk_leaves_the_map_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(big_run(1), {})
    before = exported(path)
    code = """
    import resource
    limit = path.stat().st_size + int(sys.argv[2])
    from tdad.errors import DiskFull
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        with open_map(path, mode="write") as opened:
            opened.save(big_run(2, 4000), {})
    except DiskFull as error:
        print(error)
    """
    for room in (0, 1000, 20_000, 60_000):
        process = python(code, path, room)
        answer, talk = process.communicate(timeout=60)
        assert process.returncode == 0, talk
        assert "the previous map is intact" in answer
        assert exported(path) == before


@pytest.fixture
def tiny_disk(tmp_path: Path):
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if (
        shutil.which("mount") is None
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_really_full_disk_leaves_the_map_as_it_was(tiny_disk: Path) -> None:
    path = tiny_disk / ".tdad" / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(big_run(1), {})
    before = exported(path)
    with pytest.raises(DiskFull), open_map(path, mode="write") as opened:
        opened.save(big_run(2, 8000), {})

    assert exported(path) == before
    with open_map(path, mode="write") as opened:
        opened.save(big_run(3), {})
    assert exported(path) != before


def as_nobody(code: str, path: Path) -> str:
    """Run ``code`` without the rights of root, for whom nothing is read-only."""
    drop = "import os\nif os.getuid() == 0:\n    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    process = python(drop + textwrap.dedent(code), path)
    answer, talk = process.communicate(timeout=60)
    assert process.returncode == 0, talk
    return answer


@pytest.fixture
def readable_by_all() -> Iterator[Path]:
    """Not below pytest's own folder: every other pytest that starts takes the rights to that away again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for inner in folder.iterdir():
            inner.chmod(0o755)


READ_AND_WRITE = """
from tdad.errors import MapReadOnly
with open_map(path, mode="read") as opened:
    print(len(opened.recorded().tests))
try:
    with open_map(path, mode="write") as opened:
        opened.save(big_run(2), {})
except MapReadOnly as error:
    print(error)
"""


def test_a_read_only_map_can_be_read(readable_by_all: Path) -> None:
    folder = readable_by_all / "maps"
    path = folder / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(big_run(1), {})
    path.chmod(0o444)
    folder.chmod(0o555)
    answer = as_nobody(READ_AND_WRITE, path)

    assert answer.startswith("60\n")
    assert "cannot write" in answer
    assert list(folder.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MapError), open_map(tmp_path / "file" / "map.sqlite3", mode="write"):
        pass
    path = Path("/proc/tdad/map.sqlite3")
    with pytest.raises(MapReadOnly, match="cannot write"), open_map(path, mode="write"):
        pass


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """A map with something in every table."""
    path = tmp_path / "map.sqlite3"
    facts = [FileFacts(name, digest(name), name[0]) for name in ("m.py", "n.py")]
    with open_map(path, mode="write") as opened:
        opened.save(big_run(1, 200), {one.path: one for one in facts})
        opened.save(big_run(2, 20), {})
        opened.put_facts([Indexed(one, ["total", "cart"], (1, 1, 1)) for one in facts])
    return path


@pytest.mark.slow
def test_flipped_bits_are_damage_or_change_no_answer(rich: Path, tmp_path: Path) -> None:
    good = rich.read_bytes()
    with open_map(rich, mode="read") as opened:
        truth = everything(opened)
    damaged = tmp_path / "damaged.sqlite3"
    random.seed(11)
    noticed = 0
    for _ in range(250):
        data = bytearray(good)
        for _ in range(random.choice([1, 1, 3, 40])):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        damaged.write_bytes(data)
        try:
            with open_map(damaged, mode="read") as opened:
                answer = everything(opened)
        except MapError:
            noticed += 1
        else:
            assert answer == truth
    assert noticed > 100


@pytest.mark.slow
def test_writing_into_a_damaged_map_ends_in_a_sentence_too(rich: Path, tmp_path: Path) -> None:
    good = rich.read_bytes()
    damaged = tmp_path / "damaged.sqlite3"
    random.seed(13)
    for _ in range(120):
        data = bytearray(good)
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        damaged.write_bytes(data)
        with contextlib.suppress(MapError), open_map(damaged, mode="write") as opened:
            opened.save(big_run(3, 30), {})


@pytest.mark.slow
def test_a_cut_off_map_is_damage(rich: Path, tmp_path: Path) -> None:
    good = rich.read_bytes()
    for end in range(1, len(good), max(1, len(good) // 60)):
        damaged = tmp_path / "damaged.sqlite3"
        damaged.write_bytes(good[:end])
        with pytest.raises(MapError), open_map(damaged, mode="read") as opened:
            everything(opened)
        assert damaged.stat().st_size == end


def test_the_sentence_for_damage_moves_the_map_aside(rich: Path) -> None:
    data = bytearray(rich.read_bytes())
    data[2000:] = os.urandom(len(data) - 2000)
    rich.write_bytes(data)
    with (
        pytest.raises(MapCorrupt, match=r"mv .* && pytest --tdad-map"),
        open_map(rich, mode="read") as opened,
    ):
        everything(opened)
    assert rich.exists()
