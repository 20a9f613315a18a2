"""Paths and imports → the names that modules go by."""

from __future__ import annotations

from tdad.source.flow.modules import imported_names, module_names, runs_as_scripts


def names(files: dict[str, str]) -> dict[str, str]:
    found = module_names({path: imported_names(text.encode()) for path, text in files.items()})
    return {path: name for path, (name, _) in found.items()}


def test_imported_names_are_absolute_and_have_their_parents() -> None:
    text = b"import a.b as c, d\nfrom e.f import (\n  g,  # one\n  h as i,\n)\nfrom . import j\nfrom k import *\n"
    assert imported_names(text) == {"a", "a.b", "d", "e", "e.f", "e.f.g", "e.f.h", "k", "k.*"}


def test_src_is_no_package() -> None:
    files = {"src/shop/__init__.py": "", "src/shop/cart.py": "", "src/solo.py": ""}
    assert list(names(files).values()) == ["shop", "shop.cart", "solo"]


def test_a_package_is_named_from_its_top_wherever_it_is() -> None:
    files = {"tests/admin/__init__.py": "", "tests/admin/deep/__init__.py": "", "tests/run.py": ""}
    assert list(names(files).values()) == ["admin", "admin.deep", "tests.run"]


def test_an_import_tells_a_namespace_package() -> None:
    files = {"src/acme/shop/__init__.py": "", "src/main.py": "from acme import shop\n"}
    assert list(names(files).values()) == ["acme.shop", "main"]


def test_scripts_that_import_each_other_have_bare_names() -> None:
    files = {"tools/build.py": "import steps\n", "tools/steps.py": "", "other/steps2.py": ""}
    assert list(names(files).values()) == ["build", "steps", "other.steps2"]


def test_no_name_twice() -> None:
    files = {
        "a/pkg/__init__.py": "",
        "b/pkg/__init__.py": "",
        "a/main.py": "import x\n",
        "a/x.py": "",
        "b/main.py": "import y\n",
        "b/y.py": "",
    }
    found = list(names(files).values())
    assert found == ["a.pkg", "b.pkg", "a.main", "a.x", "b.main", "b.y"]


def test_a_module_of_the_standard_library_is_not_meant() -> None:
    assert not runs_as_scripts({"types.py": frozenset(), "core.py": frozenset({"types"})})
    assert runs_as_scripts({"helper.py": frozenset(), "core.py": frozenset({"helper"})})
