from __future__ import annotations

from tdad.graph.resolve.modules import Modules
from tests.unit.graph.text_project import resolver


def test_flat_and_src_layouts() -> None:
    modules = Modules(
        ["src/pkg/__init__.py", "src/pkg/a.py", "flat/__init__.py", "tests/test_a.py"]
    )
    assert modules.path_of("pkg.a", "tests/test_a.py") == "src/pkg/a.py"
    assert modules.path_of("pkg") == "src/pkg/__init__.py"
    assert modules.path_of("flat") == "flat/__init__.py"
    assert modules.path_of("absent") is None


def test_a_file_beside_the_test_wins_over_others_of_that_name() -> None:
    modules = Modules(["a/helpers.py", "a/test_a.py", "b/helpers.py", "b/test_b.py", "helpers.py"])
    assert modules.path_of("helpers", "a/test_a.py") == "a/helpers.py"
    assert modules.path_of("helpers", "b/test_b.py") == "b/helpers.py"
    assert modules.path_of("helpers") == "helpers.py"


def test_given_roots_come_before_the_usual_ones() -> None:
    modules = Modules(["pkg/a.py", "vendor/pkg/a.py"], roots=["vendor"])
    assert modules.path_of("pkg.a") == "vendor/pkg/a.py"


def test_a_package_shadows_the_module_of_that_name() -> None:
    assert Modules(["a.py", "a/__init__.py"]).path_of("a") == "a/__init__.py"


def test_namespace_packages() -> None:
    modules = Modules(["ns/one/a.py", "ns/two/__init__.py"])
    assert modules.is_namespace("ns")
    assert modules.path_of("ns") is None
    assert modules.path_of("ns.one.a") == "ns/one/a.py"
    assert "ns.two" in modules.names_of("ns/two/__init__.py")


def test_a_module_deep_in_the_tree_does_not_hide_the_standard_library() -> None:
    modules = Modules(["examples/json.py", "examples/tool.py", "app.py"])
    assert modules.path_of("json", "app.py") is None
    assert modules.path_of("tool", "app.py") == "examples/tool.py"


FILES = {
    "pkg/__init__.py": "",
    "pkg/a.py": "",
    "pkg/b.py": "from . import a\n",
    "pkg/c.py": "try:\n    import pkg.a\nexcept ImportError:\n    pass\ndef f():\n    from pkg import b\n",
    "tests/conftest.py": "pytest_plugins = ['plug']\n",
    "plug.py": "import importlib\nM = importlib.import_module('pkg.b')\n",
    "tests/test_c.py": "import pkg.c\n",
}


def test_import_edges_say_conditional_lazy_and_how() -> None:
    edges = {(e.target, e.how): e for e in resolver(FILES).imports_of("pkg/c.py")}
    assert edges["pkg/a.py", "import"].conditional
    assert not edges["pkg/a.py", "import"].lazy
    lazy = edges["pkg/b.py", "import"]
    assert lazy.lazy
    assert lazy.definition == "pkg/c.py::f"
    assert ("pkg/__init__.py", "package") in edges


def test_importers_include_conftest_plugin_and_import_module() -> None:
    r = resolver(FILES)
    assert {e.source for e in r.importers_of("pkg/a.py")} == {"pkg/b.py", "pkg/c.py"}
    assert {e.source for e in r.importers_of("plug.py")} == {"tests/conftest.py"}
    assert [e.how for e in r.importers_of("tests/conftest.py")] == ["conftest"]
    assert "plug.py" in {e.source for e in r.importers_of("pkg/b.py")}


def test_a_package_is_imported_by_every_relative_import_below_it() -> None:
    assert "pkg/b.py" in {e.source for e in resolver(FILES).importers_of("pkg/__init__.py")}


def test_closures_are_each_others_inverse() -> None:
    r = resolver(FILES)
    paths = sorted(FILES)
    forwards = {(a, b) for a in paths for b in r.import_closure(a)}
    backwards = {(b, a) for a in paths for b in r.reverse_import_closure(a)}
    assert forwards == backwards
    assert r.import_closure("tests/test_c.py")["pkg/c.py"] == 1
    assert "pkg/a.py" in r.import_closure("tests/test_c.py")


def test_star_import_of_a_package_imports_the_modules_in_all() -> None:
    r = resolver({"p/__init__.py": "__all__ = ['m']\n", "p/m.py": "", "u.py": "from p import *\n"})
    assert "u.py" in {e.source for e in r.importers_of("p/m.py")}


def test_string_literals_that_are_modules_are_lazy_imports() -> None:
    r = resolver({"p/__init__.py": "", "p/m.py": "", "s.py": "APPS = ['p.m']\n"})
    (edge,) = r.importers_of("p/m.py")
    assert (edge.how, edge.lazy, edge.source) == ("string", True, "s.py")
