from __future__ import annotations

from tdad.graph.resolve import Edge
from tests.unit.graph.text_project import resolver

SHOP = """
from __future__ import annotations
import contextlib
class Item:
    def cost(self): return 1
class Gift(Item):
    def cost(self): return 0
class Cart:
    def __init__(self): self.items: list[Item] = []
    @property
    def first(self) -> Item: return self.items[0]
    def __call__(self): return Item()
    def total(self): return 1
def make(): return Cart()
def declared() -> Cart | None: ...
@contextlib.contextmanager
def opened():
    yield Cart()
"""


def found(body: str, definition: str, source: str = "use.py::u") -> Edge | None:
    r = resolver({"shop.py": SHOP, "use.py": f"from shop import *\nimport shop\n{body}"})
    edges = [e for e in r.readers(definition) if e.source == source]
    return edges[0] if edges else None


def certain(body: str, definition: str = "shop.py::Cart.total") -> bool:
    edge = found(body, definition)
    return edge is not None and not edge.ambiguous


def test_constructor_and_local_variable() -> None:
    assert certain("def u():\n    c = shop.Cart()\n    c.total()\n")
    assert certain("def u(): Cart().total()\n")


def test_parameter_and_return_annotations() -> None:
    assert certain("def u(c: 'Cart | None'): c.total()\n")
    assert certain("def u(): declared().total()\n")
    assert certain("def u(cs: dict[str, Cart]):\n    for c in cs.values(): c.total()\n")
    assert certain("def u(cs: list[Cart]): cs[0].total()\n")


def test_returned_values() -> None:
    assert certain("def u(): make().total()\n")


def test_context_managers() -> None:
    assert certain("def u():\n    with opened() as c: c.total()\n")


def test_attributes_of_instances_and_properties() -> None:
    assert certain("def u(c: Cart): c.items[0].cost()\n", "shop.py::Item.cost")
    assert certain("def u(c: Cart): c.first.cost()\n", "shop.py::Item.cost")


def test_calling_an_instance_runs_dunder_call() -> None:
    assert certain("def u(c: Cart): c().cost()\n", "shop.py::Cart.__call__")
    assert certain("def u(c: Cart): c().cost()\n", "shop.py::Item.cost")


def test_a_call_on_the_base_may_run_the_override_with_less_weight() -> None:
    base = found("def u(i: Item): i.cost()\n", "shop.py::Item.cost")
    override = found("def u(i: Item): i.cost()\n", "shop.py::Gift.cost")
    assert base is not None
    assert override is not None
    assert base.weight == 1.0
    assert 0 < override.weight < 1
    assert found("def u(g: Gift): g.cost()\n", "shop.py::Item.cost") is None


def test_an_unknown_receiver_is_ambiguous_and_weighted_by_the_candidates() -> None:
    edge = found("def u(x): x.cost()\n", "shop.py::Item.cost")
    assert edge is not None
    assert edge.ambiguous
    assert edge.weight == 0.5


def test_a_method_that_builtins_have_too_weighs_less() -> None:
    r = resolver({"a.py": "class C:\n    def update(self): ...\ndef u(x): x.update()\n"})
    (edge,) = r.readers("a.py::C.update")
    assert edge.ambiguous
    assert edge.weight < 0.2


def test_a_known_foreign_receiver_is_no_mention() -> None:
    assert found("import collections\ndef u(): collections.cost()\n", "shop.py::Item.cost") is None


def test_type_variables_leave_the_receiver_unknown() -> None:
    edge = found(
        "import typing\nT = typing.TypeVar('T')\ndef u(x: T): x.total()\n", "shop.py::Cart.total"
    )
    assert edge is not None
    assert edge.ambiguous


def test_super_follows_the_resolution_order_of_subclasses_too() -> None:
    r = resolver(
        {
            "a.py": """
            class A:
                def m(self): ...
            class B(A):
                def m(self): super().m()
            class C(A):
                def m(self): super().m()
            class D(B, C):
                def m(self): super().m()
            """
        }
    )
    readers: dict[str, set[str]] = {
        target: {e.source for e in r.readers(f"a.py::{target}")}
        for target in ("A.m", "B.m", "C.m")
    }
    assert readers["A.m"] == {"a.py::B.m", "a.py::C.m"}
    assert readers["B.m"] == {"a.py::D.m"}
    assert readers["C.m"] == {"a.py::B.m"}


def test_constructors_are_read_by_who_calls_the_class_or_an_inheriting_one() -> None:
    r = resolver(
        {
            "a.py": """
            class A:
                def __init__(self): ...
            class B(A): ...
            class C(A):
                def __init__(self): super().__init__()
            def one(): B()
            def two(): C()
            """
        }
    )
    assert {e.source for e in r.readers("a.py::A.__init__")} == {"a.py::one", "a.py::C.__init__"}


def test_structural_types_may_be_any_class_with_that_method() -> None:
    r = resolver(
        {
            "a.py": """
            from typing import Protocol
            class Runs(Protocol):
                def run(self): ...
            class Real:
                def run(self): ...
            def u(x: Runs): x.run()
            """
        }
    )
    assert [e.source for e in r.readers("a.py::Real.run")] == ["a.py::u"]


def test_a_parameter_hides_what_has_its_name_outside() -> None:
    for header in ("def u(total)", "def u(*total)", "def u(a, /, *, total=1)"):
        assert not certain(f"import shop as total\n{header}: total.make()\n", "shop.py::make")
    assert not certain("c = Cart()\ndef u(c): c.total()\n")
    assert not certain("c = Cart()\ndef u(): return lambda c: c.total()\n")
    assert certain("c = Cart()\ndef u(): return lambda d: c.total()\n")


def test_a_partly_known_receiver_may_be_anything() -> None:
    body = "class Own:\n    def total(self): ...\ndef u(a, b):\n    c = a + b\n    c = Cart()\n    c.total()\n"
    assert certain(body)
    edge = found(body, "use.py::Own.total")
    assert edge is not None
    assert edge.ambiguous


def test_builtin_containers_have_no_methods_of_the_project() -> None:
    body = "class Own:\n    def sort(self): ...\ndef u(a: list[Cart]):\n    b = []\n    b.append(Cart())\n"
    assert found(body + "    a.sort()\n", "use.py::Own.sort") is None
    assert found(body + "    b.sort()\n", "use.py::Own.sort") is None
    assert (
        found(body.replace("list[", "Sequence[") + "    a.sort()\n", "use.py::Own.sort")
        is not None
    )


def test_a_metaclass_is_called_and_is_no_base() -> None:
    r = resolver(
        {
            "m.py": "class M(type):\n    def __new__(cls, *a): ...\nclass K: ...\nclass G: ...\n"
            "class C(G[K], metaclass=M): ...\n"
        }
    )
    assert r.bases("m.py::C") == ("m.py::G",)
    assert [str(e.kind) for e in r.readers("m.py::K")] == ["read"]
    assert [(e.source, str(e.kind)) for e in r.readers("m.py::M.__new__")] == [("m.py::C", "call")]


def test_functions_that_return_what_each_other_return_come_to_an_end() -> None:
    """All of one another, so that there are millions of ways through them; what is asked of that is asked by name."""
    names = range(14)
    calls = {n: " or ".join(f"f{m}(x).part({n})" for m in names if m != n) for n in names}
    many = "".join(f"def f{n}(x): return {calls[n]} or Cart()\n" for n in names)
    edge = found(f"{many}def u(x): f0(x).total()\n", "shop.py::Cart.total")
    assert edge is not None
