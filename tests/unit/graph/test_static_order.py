"""The order of an answer that rests on the code alone."""

from __future__ import annotations

from tdad.graph.resolve import Resolver
from tdad.graph.static import StaticQuestion, pack, unpack
from tdad.graph.tests_of import Patterns
from tdad.graph.vocabulary import Vocabulary, file_words, terms
from tdad.source.compare import compare
from tests.unit.graph.text_project import TextFacts

SHOP = """\
def start(): return price(1) + label(1)
def price(item):
    total = taxed(item)
    return total
def taxed(item): return item * surcharge
def label(item): return escape(item)
def escape(item): return item
surcharge = 2
"""


def order(files: dict[str, str], path: str, old: str, new: str) -> list[str]:
    assert old in files[path]
    before, now = TextFacts(files), TextFacts({**files, path: files[path].replace(old, new)})
    changes = compare(before.get(path), now.get(path))
    found = StaticQuestion(Resolver(now), Resolver(before), Patterns()).answer(changes)
    scores = [impact.score for impact in found.impacts]
    assert scores == sorted(scores, reverse=True)
    return [impact.node_id.rpartition("::")[2] for impact in found.impacts]


def test_a_test_whose_code_has_words_of_the_change_goes_first() -> None:
    tests = (
        "import shop\n"
        "def test_a(): assert shop.start() == 'label'\n"
        "def test_b():\n    shop.surcharge\n    assert shop.start() == 3\n"
        "def test_c(): assert shop.start() == 4\n"
    )
    files = {"shop.py": SHOP, "test_shop.py": tests}
    assert order(files, "shop.py", "item * surcharge", "item + surcharge")[0] == "test_b"


def test_a_rare_word_of_a_name_counts_more_than_a_common_one() -> None:
    names = ["test_get_user", "test_get_item", "test_get_page", "test_the_default"]
    tests = "import shop\n" + "".join(f"def {name}(): shop.get_default()\n" for name in names)
    files = {"shop.py": "def get_default(): return 1\n", "test_shop.py": tests}
    assert order(files, "shop.py", "return 1", "return 2")[0] == "test_the_default"


def test_the_classes_of_a_file_take_turns() -> None:
    body = "    def test_a(self): shop.start()\n    def test_b(self): shop.start()\n"
    tests = f"import shop\nclass TestOne:\n{body}class TestTwo:\n{body}"
    files = {"shop.py": SHOP, "test_shop.py": tests}
    assert order(files, "shop.py", "item * surcharge", "item") == [
        "test_a",
        "test_a",
        "test_b",
        "test_b",
    ]


def test_words_of_names() -> None:
    assert terms("DefaultAutoField.pk_class") == (
        "default", "auto", "field", "=defaultautofield", "pk", "class", "=pk_class",
    )  # fmt: skip
    assert terms("x" * 201) == ()


def test_likeness_is_highest_for_what_has_the_rare_words() -> None:
    text = "def test_a(): cart.total\ndef test_b(): cart.add\ndef test_c(): cart.add\n"
    facts = TextFacts({"test_x.py": text}).get("test_x.py")
    assert facts is not None
    like = Vocabulary.of([("test_x.py", file_words(facts, lambda name: "test" in name))]).likeness(
        {"total": 1, "cart": 1}
    )
    of = [like.of(("test_x.py", name)) for name in ("test_a", "test_b", "test_c", "nobody")]
    assert of[0] > of[1] == of[2] > of[3] > 0
    assert all(0 <= each <= 2 for each in of)


def test_words_survive_the_cache() -> None:
    files = TextFacts({"test_x.py": "def test_a(): cart.total\n", "b.py": "def f(): ...\n"})
    links = StaticQuestion(Resolver(files), Resolver(files), Patterns()).now.files
    kept = {path: (f"digest of {path}", each) for path, each in links.items()}
    again = unpack(
        pack(kept, Patterns()), Patterns(), {path: digest for path, (digest, _) in kept.items()}
    )
    assert {path: each for path, (_, each) in again.items()} == links
    assert links["test_x.py"].words.functions
    assert not links["b.py"].words.functions
