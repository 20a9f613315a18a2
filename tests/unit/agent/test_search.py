"""The search without a model, its pure parts: minimal sets, hunks, the text of a patch."""

from __future__ import annotations

import random
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

from tdad.agent.search.ddmin import minimise
from tdad.agent.search.hunks import undoable, undone
from tdad.agent.search.patch_text import changed_lines, patch_text
from tdad.facts import FileVersion

OLD = b"one\ntwo\nthree\nfour\nfive\nsix\n"
NEW = b"one\nTWO\nthree\nfive\nsix\nseven\n"


@pytest.mark.parametrize(
    "wanted", [set(pair) for size in (1, 2, 3) for pair in combinations(range(7), size)]
)
def test_the_least_set_is_found_wherever_it_lies(wanted: set[int]) -> None:
    found = minimise(range(7), lambda items: wanted <= set(items))
    assert set(found.items) == wanted
    assert found.minimal


def test_nothing_is_asked_twice_and_the_calls_are_counted() -> None:
    asked: list[frozenset[int]] = []

    def holds(items: tuple[int, ...]) -> bool:
        asked.append(frozenset(items))
        return {3, 11} <= set(items)

    found = minimise(range(16), holds)
    assert (found.items, found.calls) == ((3, 11), len(asked))
    assert len(asked) == len(set(asked))


def test_one_item_of_many_takes_few_questions() -> None:
    found = minimise(range(1024), lambda items: 700 in items)
    assert found.items == (700,)
    assert found.calls <= 2 * 10


def test_the_budget_is_kept_and_what_is_left_still_holds() -> None:
    def holds(items: tuple[int, ...]) -> bool:
        return {1, 30} <= set(items)

    found = minimise(range(32), holds, budget=4)
    assert found.calls == 4
    assert not found.minimal
    assert holds(found.items)


def test_what_is_likely_is_looked_at_first() -> None:
    seen: list[tuple[int, ...]] = []

    def holds(items: tuple[int, ...]) -> bool:
        seen.append(items)
        return 9 in items

    found = minimise(range(10), holds, likely=[8, 9])
    assert seen[0] == (8, 9)
    assert found.items == (9,)


def test_a_single_item_needs_no_question() -> None:
    def never(_items: tuple[str, ...]) -> bool:
        raise AssertionError("asked")

    assert minimise(["a"], never).items == ("a",)


def test_each_hunk_undone_alone_and_all_together() -> None:
    hunks = list(undoable(FileVersion("a.py", OLD, NEW)))
    assert [(hunk.first, hunk.last, hunk.new) for hunk in hunks] == [
        (2, 2, b"two\n"),
        (4, 3, b"four\n"),
        (6, 6, b""),
    ]
    present = {"a.py": NEW}
    assert undone(present, hunks) == {"a.py": OLD}
    assert undone(present, hunks[:1]) == {"a.py": NEW.replace(b"TWO", b"two")}
    assert undone(present, hunks[1:2]) == {"a.py": NEW.replace(b"five", b"four\nfive")}
    assert undone(present, hunks[2:]) == {"a.py": NEW.replace(b"seven\n", b"")}


def test_neighbouring_lines_that_changed_for_different_reasons_are_hunks_of_their_own() -> None:
    old = b"def f(a: _t.Any):\n    if a is None:\n        a = 1\n    end()\n"
    new = b"def f(a: t.Any):\n    # new\n    if a is not None:\n        b: t.Any = 1\n    end()\n"
    hunks = list(undoable(FileVersion("a.py", old, new)))
    one = undone({"a.py": new}, [h for h in hunks if h.first <= 3 <= h.last])["a.py"]
    assert one == new.replace(b"is not None", b"is None")
    assert undone({"a.py": new}, hunks) == {"a.py": old}
    assert len(hunks) >= 3


@pytest.mark.parametrize("seed", range(30))
def test_all_hunks_together_give_the_old_text_and_none_gives_the_new_one(seed: int) -> None:
    draw = random.Random(seed)
    old = [f"{draw.choice('abc')} = {draw.choice('xyz')}\n" for _ in range(draw.randrange(12))]
    new = [line for line in old if draw.random() < 0.7]
    for _ in range(draw.randrange(5)):
        new.insert(
            draw.randrange(len(new) + 1),
            f"{draw.choice('abc')} = {draw.choice('xyz')}{draw.randrange(9)}\n",
        )
    before, now = "".join(old).encode(), "".join(new).encode()
    hunks = list(undoable(FileVersion("a.py", before, now)))
    assert undone({"a.py": now}, hunks).get("a.py", now) == before
    assert len({(h.number) for h in hunks}) == len(hunks)


def test_added_removed_and_binary_files_are_undone_as_a_whole() -> None:
    added = list(undoable(FileVersion("new.py", None, b"x\n")))
    assert undone({"new.py": b"x\n"}, added) == {"new.py": None}
    removed = list(undoable(FileVersion("old.py", b"x\n", None)))
    assert undone({"old.py": None}, removed) == {"old.py": b"x\n"}
    binary = list(undoable(FileVersion("a.bin", b"\0a\nb", b"\0b\nb")))
    assert len(binary) == 1
    assert undone({"a.bin": b"\0b\nb"}, binary) == {"a.bin": b"\0a\nb"}


def test_line_ends_and_a_missing_last_one_survive() -> None:
    old, new = b"a\r\nb\r\nlast", b"a\r\nB\r\nlast\r\n"
    hunks = list(undoable(FileVersion("a.txt", old, new)))
    assert undone({"a.txt": new}, hunks) == {"a.txt": old}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OLD, NEW),
        (b"a\nlast", b"a\nlast\n"),
        (b"a\nlast\n", b"b\nlast"),
        (b"caf\xe9\nx\n", b"caf\xe9\ny\n"),
        (None, b"new\n"),
        (b"old\n", None),
        (b"a\r\nb\r\n", b"a\r\nc\r\n"),
    ],
)
def test_git_applies_the_text_of_a_patch(
    tmp_path: Path, before: bytes | None, after: bytes | None
) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    if before is not None:
        (tmp_path / "a.txt").write_bytes(before)
    text = patch_text({"a.txt": before}, {"a.txt": after})
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=text, check=True)
    path = tmp_path / "a.txt"
    assert (path.read_bytes() if path.exists() else None) == after


def test_what_does_not_differ_is_not_in_the_text_and_lines_are_counted() -> None:
    before = {"a.py": OLD, "b.py": b"same\n"}
    patch = {"a.py": NEW, "b.py": b"same\n"}
    assert b"b.py" not in patch_text(before, patch)
    assert changed_lines(before, patch) == 4
