from __future__ import annotations

from tdad.graph.tests_of import is_unittest
from tests.unit.graph.text_project import resolver

DIAMOND = {
    "base.py": """
    class A:
        def m(self): ...
        def n(self): ...
    class B(A):
        def m(self): ...
    """,
    "more.py": """
    import base as b
    from base import A as Root
    class C(Root):
        def m(self): ...
    class D(b.B, C): ...
    """,
}


def test_a_diamond_is_linearised_as_python_does() -> None:
    r = resolver(DIAMOND)
    assert r.mro("more.py::D") == ("more.py::D", "base.py::B", "more.py::C", "base.py::A")
    assert r.mro_lookup("more.py::D", "m") == "base.py::B.m"
    assert r.mro_lookup("more.py::D", "n") == "base.py::A.n"
    assert r.mro_lookup("more.py::D", "absent") is None


def test_subclasses_are_found_across_files_and_aliases() -> None:
    r = resolver(DIAMOND)
    assert r.subclasses("base.py::A") == ("base.py::B", "more.py::C", "more.py::D")
    assert r.subclasses("base.py::A", transitive=False) == ("base.py::B", "more.py::C")


def test_overrides_and_overridden() -> None:
    r = resolver(DIAMOND)
    assert r.overrides("base.py::A.m") == ("base.py::B.m", "more.py::C.m")
    assert r.overridden("more.py::C.m") == ("base.py::A.m",)
    assert r.overrides("base.py::A.n") == ()


def test_inconsistent_and_circular_bases_end() -> None:
    r = resolver(
        {
            "a.py": "class A(B): ...\nclass B(A): ...\nclass X: ...\nclass Y(X): ...\nclass Z(X, Y): ...\n"
        }
    )
    assert r.mro("a.py::Z") == ("a.py::Z", "a.py::X", "a.py::Y")
    assert r.mro("a.py::A")[0] == "a.py::A"


def test_generic_bases_and_bases_outside_the_project() -> None:
    r = resolver(
        {
            "a.py": """
            import unittest
            from unittest import TestCase as T
            from typing import Generic, TypeVar
            V = TypeVar("V")
            class G(Generic[V]): ...
            class H(G[int]): ...
            class One(unittest.TestCase): ...
            class Two(T): ...
            class Three(Two): ...
            class Four: ...
            """
        }
    )
    assert "a.py::G" in r.bases("a.py::H")
    assert r.bases("a.py::One") == ("unittest.TestCase",)
    assert r.bases("a.py::Two") == ("unittest.TestCase",)
    assert is_unittest(r, "a.py::Three")
    assert not is_unittest(r, "a.py::Four")
    assert not is_unittest(r, "a.py::H")
