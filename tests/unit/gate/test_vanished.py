from __future__ import annotations

import pytest

from tdad.facts import Answer, Change, ChangeKind, Part, Status
from tdad.gate.renames import Renames
from tdad.workflows.gate_head import HeadRun
from tdad.workflows.gate_select import Selected
from tdad.workflows.gate_vanished import standing, vanished

FILE = "test_a.py"
HEAD = HeadRun(
    collected={f"{FILE}::test_a": 1, f"{FILE}::test_b[x]": 2},
    looked_into=(FILE, "test_broken.py"),
    uncollected={"test_broken.py": "ImportError"},
    late=(f"{FILE}::test_late",),
)
TEXT = """
class Base: pass
class TestA(Base):
    def test_own(self): pass
def test_b(x): pass
def test_c(): pass
def _test_new_name(): pass
"""


@pytest.mark.parametrize(
    ("name", "missed"),
    [
        ("test_a.py::test_a", ()),
        ("test_a.py::test_b", ()),
        ("test_a.py::test_b[y]", ("test_a.py::test_b[y]",)),
        ("test_a.py::test_c", ("test_a.py::test_c",)),
        ("test_a.py::test_late", ()),
        ("test_broken.py::test_a", ()),
        ("test_gone.py::test_a", ()),
        ("test_a.py", ()),
    ],
)
def test_selected_and_not_found(name, missed):
    assert vanished(HEAD, Selected("static", (name,))) == missed


def test_the_map_knows_the_parameter_sets():
    before = dict.fromkeys([f"{FILE}::test_b[x]", f"{FILE}::test_b[y]"], Status.PASSED)
    selected = Selected("recorded map", (f"{FILE}::test_b",), before=before)
    assert vanished(HEAD, selected) == (f"{FILE}::test_b[y]",)


@pytest.mark.parametrize(
    ("name", "stands"),
    [
        ("test_c", True),
        ("test_c[x]", True),
        ("test_b[y]", False),  # the function runs, with other parameters
        ("test_gone", False),
        ("TestA::test_own", True),
        ("TestA::test_inherited", True),
        ("TestA::test_inherited_and_removed", False),
        ("TestGone::test_own", False),
        ("test_old_name", True),
    ],
)
def test_what_the_text_still_has(tmp_path, name, stands):
    (tmp_path / FILE).write_text(TEXT)
    removed = Change("base.py", "Base.test_inherited_and_removed", ChangeKind.REMOVED, Part.WHOLE)
    selected = Selected("static", answer=Answer((removed,), (), 1, (), ()))
    renames = Renames({f"{FILE}::test_old_name": f"{FILE}::_test_new_name"})
    found = standing(tmp_path, HEAD, [f"{FILE}::{name}"], selected, renames)
    assert bool(found) is stands
