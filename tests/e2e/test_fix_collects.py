"""An edit after which pytest cannot even begin, because a conftest imports the broken module."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from time import monotonic

from tdad.agent.loop.tree import Tree
from tdad.runner.sandbox import Strictness
from tdad.workflows.fix_folder import new_run
from tdad.workflows.fix_ground import prepared
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_map import Risk, suspicion
from tdad.workflows.fix_model_checks import Checks
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_start import begin
from tdad.workflows.project import open_project
from tests.e2e.fix_project import BROKEN, make_shop


def test_an_import_of_nothing_is_seen_although_no_file_is_named(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    (shop.root / "conftest.py").write_text("import shop\n")
    shop.edit(BROKEN)
    shop.commit("broken")
    map_path = tmp_path / "map.sqlite3"
    project = open_project(shop.root, {})
    with prepared(project, None, Strictness.AUTO, lambda _: None) as ground:
        seats = Seats(ground, 1, Event())
        begun = begin(seats, (), map_path, 120.0)
        hunt = Hunt(
            seats=seats,
            start=begun.start,
            targets=begun.targets,
            held=(),
            suspicion=suspicion(ground, map_path, begun.start, begun.targets, recent={}),
            risk=Risk(seats, map_path, begun.start, 60.0),
            tried=new_run(tmp_path).tried,
            deadline=monotonic() + 600,
            again_s=begun.again_s,
            say=lambda _: None,
            map_path=map_path,
        )
        checks = Checks(hunt, 60.0)
        before = ground.read("shop.py") or b""
        tree = Tree(("shop.py", "test_shop.py"), ground.read)
        assert checks.collects(tree.with_file("shop.py", before + b"\nNAME = 1\n")) == {}
        broken = tree.with_file("shop.py", b"import nothing_there\n" + before)
        (why,) = checks.collects(broken).values()
        assert "nothing_there" in why.message
        checked = checks.standing(broken)
        assert checked.uncollected
        assert len(checked.standing.broken) > 2
