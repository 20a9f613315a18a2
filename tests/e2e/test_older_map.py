"""A map that an older tdad wrote: what cannot be read any more is said once, with what to type."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tdad.store.codec.layout import FORMAT
from tdad.store.frame import seal, unseal
from tests.e2e.shop_project import ALL, MAP, NAME, edit, make_recorded, run_pytest, tdad

SAID = "an older tdad made the map"


def age(root: Path) -> None:
    """Put another version of the facts in front of all facts in the map, as an older tdad would have."""
    other = bytes(reversed(FORMAT))
    with closing(sqlite3.connect(root / MAP)) as connection:
        for version, frame in connection.execute("SELECT version, data FROM facts").fetchall():
            key = f"facts.data {version}"
            facts = unseal(key, frame)
            assert facts.startswith(FORMAT)
            aged = seal(key, other + facts[len(FORMAT) :])
            connection.execute("UPDATE facts SET data = ? WHERE version = ?", (aged, version))
        connection.execute("DELETE FROM header WHERE key = 'layout'")
        connection.commit()


def test_an_older_map_says_why_whole_files_answer_until_it_is_recorded_again(
    tmp_path: Path,
) -> None:
    root = make_recorded(tmp_path / "shop")
    age(root)
    edit(root, '"shop"', '"Shop"')

    asked = tdad(root, "impact").stdout
    assert asked.count(SAID) == 1
    assert "1 file that changed" in asked
    assert "Record again: pytest --tdad-map" in asked
    assert all(node_id in asked for node_id in ALL)

    run_pytest(root, "-q", "--tdad-map")
    edit(root, '"Shop"', '"Shops"')
    again = tdad(root, "impact").stdout
    assert SAID not in again
    assert NAME in again
