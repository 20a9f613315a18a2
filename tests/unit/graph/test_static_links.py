"""Links that are kept give the same answers as links that are made anew."""

from __future__ import annotations

from tdad.graph.static import Search, pack, unpack
from tdad.graph.static.packed import Kept
from tdad.graph.tests_of import Patterns
from tests.unit.graph.text_project import resolver

FILES = {
    "base.py": "class Base:\n    def run(self): return self.step()\n    def step(self): ...\n",
    "heir.py": "from base import Base\nclass Heir(Base):\n    def step(self): ...\n",
    "tool.py": "from names import *\ndef call(): return helper()\n",
    "names.py": "def other(): ...\n",
    "test_a.py": "from heir import Heir\nimport tool\ndef test_a(): Heir().run()\ndef test_b(): tool.call()\n",
}


def kept(files: dict[str, str]) -> Kept:
    made = Search(resolver(files), Patterns()).files
    packed = pack({path: ("digest", links) for path, links in made.items()}, Patterns())
    return unpack(packed, Patterns(), dict.fromkeys(files, "digest"))


def searches(files: dict[str, str], *changed: str) -> tuple[Search, Search]:
    anew = Search(resolver(files), Patterns())
    return anew, Search(resolver(files), Patterns(), kept(FILES), changed)


def test_what_is_unpacked_is_what_was_packed() -> None:
    made = Search(resolver(FILES), Patterns()).files
    assert {path: links for path, (_, links) in kept(FILES).items()} == made


def test_links_of_other_versions_are_not_used() -> None:
    packed = pack(kept(FILES), Patterns())
    assert unpack(packed, Patterns(("check_*.py",)), dict.fromkeys(FILES, "digest")) == {}
    assert set(unpack(packed, Patterns(), {"base.py": "digest", "heir.py": "new"})) == {"base.py"}
    assert unpack(packed[:40], Patterns(), dict.fromkeys(FILES, "digest")) == {}
    assert unpack(b"no", Patterns(), {}) == {}


def test_an_edited_body_is_resolved_anew_alone() -> None:
    files = {**FILES, "tool.py": "from heir import Heir\ndef call(): Heir().run()\n"}
    anew, with_kept = searches(files, "tool.py")
    found = anew.reach(anew.nodes_of("heir.py::Heir.step"))
    assert found == with_kept.reach(with_kept.nodes_of("heir.py::Heir.step"))
    assert set(found) == {"test_a.py::test_a", "test_a.py::test_b"}


def test_a_new_name_is_seen_by_files_that_mention_it() -> None:
    files = {**FILES, "names.py": "def other(): ...\ndef helper(): ...\n"}
    anew, with_kept = searches(files, "names.py")
    found = anew.reach(anew.nodes_of("names.py::helper"))
    assert found == with_kept.reach(with_kept.nodes_of("names.py::helper"))
    assert set(found) == {"test_a.py::test_b"}


def test_a_new_member_of_a_base_is_seen_by_its_heirs() -> None:
    files = {**FILES, "base.py": FILES["base.py"] + "    def __bool__(self): ...\n"}
    anew, with_kept = searches(files, "base.py")
    found = anew.reach(anew.nodes_of("base.py::Base.__bool__"))
    assert found == with_kept.reach(with_kept.nodes_of("base.py::Base.__bool__"))
    assert set(found) == {"test_a.py::test_a"}


def test_a_file_that_is_gone_gives_no_links() -> None:
    files = {path: text for path, text in FILES.items() if path != "heir.py"}
    anew, with_kept = searches(files, "heir.py")
    assert anew.files == with_kept.files
