"""The strategies that the map is compared with, on a small project."""

from __future__ import annotations

import pytest

from tdad.evaluation.strategies import (
    Paper,
    Touched,
    by_file,
    by_function,
    from_changes,
    import_closure,
    paper_strategy,
    same_names,
)
from tdad.evaluation.strategies.calls import calls_of
from tdad.evaluation.strategies.modules import modules_of
from tdad.facts import Span
from tdad.source import compare_all, index

TEXTS = {
    "src/shop/__init__.py": "from shop.cart import Cart\n",
    "src/shop/_money.py": "def round_up(x):\n    return x\n\n\nRATE = 2\n",
    "src/shop/cart.py": """\
from shop import _money


class Cart:
    def total(self):
        return self.sum_up()

    def sum_up(self):
        return _money.round_up(1)
""",
    "src/shop/report.py": "def show(cart):\n    return cart.total()\n",
    "tests/conftest.py": "import pytest\n",
    "tests/test_cart.py": """\
from shop import Cart


def test_total():
    assert Cart().total()


class TestMore:
    def test_sum(self):
        Cart().sum_up()
""",
    "tests/test_money.py": "import shop._money as m\n\n\ndef test_up():\n    m.round_up(2)\n",
    "tests/test_report_page.py": "from shop.report import show\n\n\ndef test_show():\n    show(None)\n",
    "tests/test_words.py": "def test_nothing():\n    pass\n",
}
FILES = {path: index(path, text.encode()) for path, text in TEXTS.items()}
SUITE = (
    "tests/test_cart.py::test_total",
    "tests/test_cart.py::TestMore::test_sum[1]",
    "tests/test_cart.py::TestMore::test_sum[2]",
    "tests/test_money.py::test_up",
    "tests/test_report_page.py::test_show",
    "tests/test_words.py::test_nothing",
)


def touched_by(path: str, before: str, after: str) -> Touched:
    changed = index(path, TEXTS[path].replace(before, after).encode())
    return from_changes(compare_all([(FILES[path], changed)]), FILES)


def test_a_file_below_src_has_a_name_without_it() -> None:
    modules = modules_of(FILES)
    assert modules["shop.cart"] == "src/shop/cart.py"
    assert modules["shop"] == "src/shop/__init__.py"
    assert modules["src.shop.cart"] == "src/shop/cart.py"
    assert "cart" not in modules


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/shop/cart.py", SUITE[:3]),
        ("src/shop/_money.py", SUITE[3:4]),
        ("src/shop/report.py", ()),
        ("tests/test_words.py", SUITE[5:]),
    ],
)
def test_same_names(path: str, expected: tuple[str, ...]) -> None:
    assert same_names(SUITE, {path}) == expected


def test_the_closure_follows_imports_and_packages_nearest_first() -> None:
    found = import_closure(SUITE, FILES, {"src/shop/_money.py"})
    assert found[0] == "tests/test_money.py::test_up"
    # shop/__init__ imports cart, which imports _money; importing shop.report imports shop.
    assert set(found) == set(SUITE[:5])


def test_the_closure_of_a_conftest_is_every_test_below_it() -> None:
    assert set(import_closure(SUITE, FILES, {"tests/conftest.py"})) == set(SUITE)


def test_nothing_imports_a_data_file() -> None:
    assert import_closure(SUITE, FILES, {"data/words.txt"}) == ()


def test_a_change_in_a_body_touches_the_function_and_no_other_line() -> None:
    touched = touched_by("src/shop/_money.py", "return x", "return x + 1")
    assert touched.functions == (("src/shop/_money.py", Span(2, 2)),)
    assert not touched.whole


def test_a_change_at_module_level_touches_the_file() -> None:
    touched = touched_by("src/shop/_money.py", "RATE = 2", "RATE = 3")
    assert touched.whole == {"src/shop/_money.py"}
    assert not touched.functions


def test_contexts_by_file_and_by_function() -> None:
    contexts = {
        "src/shop/_money.py": {SUITE[0]: frozenset({2}), SUITE[3]: frozenset({1})},
    }
    body = touched_by("src/shop/_money.py", "return x", "return x + 1")
    level = touched_by("src/shop/_money.py", "RATE = 2", "RATE = 3")
    assert by_file(SUITE, contexts, body) == (SUITE[0], SUITE[3])
    assert by_function(SUITE, contexts, body) == (SUITE[0],)
    assert by_function(SUITE, contexts, level) == (SUITE[0], SUITE[3])


def test_calls_through_imports_self_and_names_that_exist_once() -> None:
    calls = calls_of(FILES, modules_of(FILES))
    hops = calls.hops({"src/shop/_money.py::round_up"}, 3)
    assert hops["src/shop/cart.py::Cart.sum_up"] == 1
    assert hops["src/shop/cart.py::Cart.total"] == 2
    assert hops["tests/test_cart.py::TestMore.test_sum"] == 2
    assert hops["tests/test_money.py::test_up"] == 1
    assert "tests/test_words.py::test_nothing" not in hops


def test_the_paper_puts_names_and_direct_calls_before_further_calls_and_imports() -> None:
    paper = Paper.of(SUITE, FILES)
    found = paper_strategy(paper, {"src/shop/_money.py"})
    assert found[0] == "tests/test_money.py::test_up"
    assert set(found[1:]) == {
        *SUITE[:3]
    }  # test_show is four calls away, and does not import the file itself


def test_the_paper_names_a_test_after_the_longest_fitting_file() -> None:
    paper = Paper.of(SUITE, FILES)
    assert paper.named["src/shop/report.py"] == {"tests/test_report_page.py"}


def test_the_paper_with_coverage_adds_what_executed_the_file() -> None:
    contexts = {"src/shop/_money.py": {SUITE[5]: frozenset({1})}}
    paper = Paper.of(SUITE, FILES)
    assert SUITE[5] not in paper_strategy(paper, {"src/shop/_money.py"})
    assert SUITE[5] in paper_strategy(paper, {"src/shop/_money.py"}, contexts)


def test_the_paper_selects_at_most_fifty_test_functions() -> None:
    functions = [f"def test_{at}():\n    m.round_up({at})\n" for at in range(70)]
    text = "import shop._money as m\n\n\n" + "\n\n".join(functions)
    files = FILES | {"tests/test_many.py": index("tests/test_many.py", text.encode())}
    suite = [f"tests/test_many.py::test_{at}[{case}]" for at in range(70) for case in "ab"]
    found = paper_strategy(Paper.of(suite, files), {"src/shop/_money.py"})
    assert len(found) == 100
