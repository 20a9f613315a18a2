from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tdad.facts import FileFacts
from tdad.store import Indexed, Map, open_map
from tdad.store.codec import layout
from tests.unit.store.builders import digest, run

LONG_AGO_NS = 1_700_000_000_000_000_000


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Map]:
    with open_map(tmp_path / "map.sqlite3", mode="write") as found:
        yield found


def indexed(path: str, *words: str, version: int = 1, mtime_ns: int = LONG_AGO_NS) -> Indexed:
    facts = FileFacts(path, digest(path, version), path[:-3].replace("/", "."))
    return Indexed(facts, words, (mtime_ns, 100, 7))


def test_facts_are_found_by_path_and_digest(opened: Map) -> None:
    entry = indexed("pkg/a.py", "total")
    opened.put_facts([entry])

    assert opened.cached_facts("pkg/a.py", entry.facts.digest) == entry.facts
    assert opened.cached_facts("pkg/a.py", "other") is None
    assert opened.cached_facts("pkg/b.py", entry.facts.digest) is None
    assert opened.current() == {"pkg/a.py": entry.facts.digest}


def test_only_whole_identifiers_of_current_versions_are_mentioned(opened: Map) -> None:
    opened.put_facts(
        [
            indexed("pkg/a.py", "total", "cart"),
            indexed("b.py", "totals", "été"),
            indexed("pkg/c.py"),
        ]
    )

    assert opened.mentioning("total") == ("pkg/a.py",)
    assert opened.mentioning("totals") == ("b.py",)
    assert opened.mentioning("été") == ("b.py",)
    assert opened.mentioning("a.py") == ()
    assert opened.mentioning("pkg") == ()

    opened.put_facts([indexed("pkg/a.py", "price", version=2), indexed("pkg/c.py", "total")])

    assert opened.mentioning("total") == ("pkg/c.py",)
    assert opened.mentioning("price") == ("pkg/a.py",)
    assert opened.mentioning("totals") == ("b.py",)


def test_files_that_are_gone_are_forgotten(opened: Map) -> None:
    opened.put_facts([indexed("pkg/a.py", "total"), indexed("pkg/b.py", "total")])
    opened.put_facts([], gone=["pkg/a.py", "never/was.py"])

    assert opened.mentioning("total") == ("pkg/b.py",)
    assert list(opened.current()) == ["pkg/b.py"]


def test_an_unchanged_stat_gives_the_digest_without_reading(opened: Map) -> None:
    opened.put_facts([indexed("a.py")])

    same = (LONG_AGO_NS, 100, 7)
    asked = {"a.py": same, "b.py": same}
    assert opened.known_digests(asked) == {"a.py": digest("a.py")}
    for other in ((LONG_AGO_NS + 1, 100, 7), (LONG_AGO_NS, 101, 7), (LONG_AGO_NS, 100, 8)):
        assert opened.known_digests({"a.py": other}) == {}


def test_a_stat_can_be_renewed(opened: Map) -> None:
    opened.put_facts([indexed("a.py", "total")])
    renewed = (LONG_AGO_NS + 5, 100, 9)
    opened.put_stats({"a.py": renewed, "unknown.py": (1, 1, 1)})

    assert opened.known_digests({"a.py": renewed}) == {"a.py": digest("a.py")}
    assert opened.mentioning("total") == ("a.py",)
    assert list(opened.current()) == ["a.py"]


def test_a_file_written_just_now_is_read_again(opened: Map) -> None:
    now_ns = time.time_ns()
    opened.put_facts([indexed("a.py", mtime_ns=now_ns)])

    assert opened.known_digests({"a.py": (now_ns, 100, 7)}) == {}


def test_a_file_written_just_before_a_long_look_is_read_again(opened: Map) -> None:
    looked_ns = LONG_AGO_NS + 1_000_000_000
    opened.put_facts([indexed("a.py")], looked_ns=looked_ns)
    opened.put_stats({"a.py": (LONG_AGO_NS, 100, 7)}, looked_ns=looked_ns)

    assert opened.known_digests({"a.py": (LONG_AGO_NS, 100, 7)}) == {}


def test_current_facts_survive_a_save_that_does_not_know_them(opened: Map) -> None:
    opened.put_facts([indexed("a.py", version=7)])
    opened.save(run(1, {"t.py::t": {"a.py": [1]}}), {})

    assert opened.cached_facts("a.py", digest("a.py", 7)) is not None


def test_old_facts_that_nobody_refers_to_go_with_the_next_save(opened: Map) -> None:
    opened.put_facts([indexed("a.py", version=7)])
    opened.put_facts([indexed("a.py", version=8)])
    opened.save(run(1, {"t.py::t": {"a.py": [1]}}), {})

    assert opened.cached_facts("a.py", digest("a.py", 7)) is None
    assert opened.cached_facts("a.py", digest("a.py", 8)) is not None


def test_files_with_facts_of_another_layout_are_named_until_they_are_made_again(
    opened: Map, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "FORMAT", b"old!")
    opened.put_facts([indexed("a.py"), indexed("b.py")])
    assert opened.unreadable() == frozenset()
    monkeypatch.undo()

    assert opened.unreadable() == {"a.py", "b.py"}
    opened.put_facts([indexed("a.py")])
    assert opened.unreadable() == {"b.py"}
    opened.put_facts([indexed("b.py")])
    assert opened.unreadable() == frozenset()


def test_facts_of_another_layout_are_made_again(
    opened: Map, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "FORMAT", b"old!")
    opened.put_facts([indexed("a.py")])
    monkeypatch.undo()
    assert opened.cached_facts("a.py", digest("a.py")) is None

    opened.put_facts([indexed("a.py")])
    assert opened.cached_facts("a.py", digest("a.py")) is not None
