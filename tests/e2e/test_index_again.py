"""Indexing again: what is read, what is not, and never an old content under a new signature."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tdad.store import open_map
from tdad.workflows.index import build_index
from tdad.workflows.project import open_project

LONG_AGO_NS = time.time_ns() - 3_600_000_000_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        _write(tmp_path / f"{name}.py", f"def {name}():\n    return 1\n")
    build_index(open_project(tmp_path))
    return tmp_path


def _write(file: Path, text: str) -> None:
    file.write_text(text)
    os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))


def _names(root: Path, path: str) -> list[str]:
    with open_map(root / ".tdad" / "map.sqlite3", mode="read") as opened:
        facts = opened.cached_facts(path, opened.current()[path])
        assert facts is not None
        return [one.qualname for one in facts.definitions[1:]]


def test_nothing_is_parsed_when_nothing_changed(project: Path) -> None:
    again = build_index(open_project(project))

    assert (again.files, again.parsed, again.definitions) == (2, 0, 4)


def test_other_content_of_the_same_size_and_time_is_seen_when_the_file_was_replaced(
    project: Path,
) -> None:
    other = project / "other"
    _write(other, "def c():\n    return 1\n")
    other.replace(project / "a.py")

    assert build_index(open_project(project)).parsed == 1
    assert _names(project, "a.py") == ["c"]


def test_a_file_that_changes_while_it_is_read_is_read_again(project: Path) -> None:
    """The first parse reports progress between reading and storing: that is when the editor saves."""
    changed = project / "a.py"
    _write(changed, "def second():\n    return 1\n")

    build_index(open_project(project), jobs=1, progress=_saving(changed))
    build_index(open_project(project))

    assert _names(project, "a.py") == ["third"]


def _saving(changed: Path) -> Callable[[int, int], None]:
    def save(_done: int, _total: int) -> None:
        _write(changed, "def third():\n    return 1\n")

    return save
