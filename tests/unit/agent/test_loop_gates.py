"""What an edit may not do, and what it may."""

from __future__ import annotations

import pytest

from tdad.agent.loop.gates import Rules, refusal, untouchable
from tdad.agent.loop.names import undefined
from tdad.agent.loop.removed import removed_in_use
from tdad.agent.loop.tree import Tree

FILES = {
    "pkg/core.py": b"import os\n\n\ndef used():\n    return os.sep\n\n\ndef free():\n    return 1\n\n\nclass A:\n"
    b"    def run(self):\n        return 1\n",
    "pkg/other.py": b"from pkg.core import used, A\n\nprint(used(), A().run())\n",
    "test_a.py": b"import pkg.core\n",
    "broken.py": b"def f(:\n",
}
TREE = Tree(tuple(sorted(FILES)), FILES.get, {}, frozenset({"linked"}))
RULES = Rules(is_test=lambda path: path.rpartition("/")[2].startswith("test_"))


def says(path: str, old: str, new: str, tree: Tree = TREE, rules: Rules = RULES) -> str:
    before = (tree.read(path) or b"").decode()
    assert old in before
    return refusal(path, before.replace(old, new, 1).encode(), tree, rules)


@pytest.mark.parametrize(
    "path",
    ["pkg/core.py", "setup/deep/setup.py", "pkg/requirements.txt", "new/module.py", "README.md"],
)
def test_files_that_may_be_edited(path):
    assert untouchable(path, TREE, RULES) == ""


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../x.py",
        "/x.py",
        "linked",
        "linked/a.py",
        ".git/config",
        ".github/workflows/ci.yml",
        "setup.py",
        "tox.ini",
        "pkg/sitecustomize.py",
        "x.pth",
        "test_a.py",
        "pkg/.venv/a.py",
        "requirements-dev.txt",
    ],
)
def test_files_that_may_not(path):
    assert untouchable(path, TREE, RULES)


def test_tests_may_be_edited_where_that_is_allowed():
    assert untouchable("test_a.py", TREE, Rules(RULES.is_test, allow_tests=True)) == ""


def test_code_that_is_fine():
    assert says("pkg/core.py", "return 1", "return 2") == ""
    assert says("pkg/core.py", "def free():\n    return 1\n", "") == "", "nobody uses it"
    assert says("broken.py", "(:", "(") == "", "one that did not parse may need several edits"
    assert says("broken.py", "def f(:", "def f():\n    return 1") == ""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("return 1", "return (1", "does not parse: '(' was never closed (line 9)\n"),
        ("def free():\n    return 1", "return 1", "does not parse: 'return' outside function"),
        ("def free():", "def free(a, a):", "does not parse: duplicate argument 'a'"),
        ("return 1", "return undefined_name", "undefined_name would be an undefined name"),
        ("import os\n", "", "os would be an undefined name"),
        ("def used():\n    return os.sep\n", "", "used is gone, and pkg/other.py:1 still uses it"),
        ("def used", "def renamed", "used is gone, and pkg/other.py:1 still uses it"),
        (
            "    def run(self):\n        return 1\n",
            "    x = 1\n",
            "A.run is gone, and pkg/other.py:3 still uses it",
        ),
        ("return 1", "return 1  # why", "only comments or formatting"),
        ("return 1", "# existing code unchanged\n    return 1 + 0", "stands for code"),
        (
            "return 1",
            "try:\n        return 2\n    except BaseException:\n        ...",
            "catches every exception",
        ),
    ],
)
def test_code_that_is_refused(old, new, words):
    assert words in says("pkg/core.py", old, new)


def test_the_checks_of_code_can_be_switched_off_and_those_of_size_cannot():
    rules = Rules(RULES.is_test, static=False, most_lines=10, most_files=1)
    assert says("pkg/core.py", "return 1", "return (1", rules=rules) == ""
    assert "20 lines; 10" in says(
        "pkg/core.py", "import os", "import os" + "\nx = 1" * 20, rules=rules
    )
    tree = TREE.with_file("pkg/other.py", b"x = 1\n")
    assert "more than 1 files" in says("pkg/core.py", "return 1", "return 2", tree, rules)


def test_names_of_all_kinds_of_scopes():
    code = b"""
from __future__ import annotations
import os as system
class A:
    x = 1
    y: B = x
    def f(self, a, *b, **c):
        global late
        late = [z for z in b if z]
        def g():
            nonlocal a
            a = late
            return __class__, missing_one
        return system, A, self, c, late, g
try:
    unicode
except NameError as error:
    print(error)
with open("x") as file:
    print(file, __name__, __file__)
print([w := 1 for _ in range(3)], w)
match os_missing:
    case {"a": got, **rest}:
        print(got, rest)
"""
    assert undefined(code) == {"missing_one", "unicode", "os_missing", "B"} or undefined(code) == {
        *("missing_one", "unicode", "os_missing")
    }
    assert undefined(b"from a import *\nprint(x)\n") == frozenset()


def test_a_method_that_another_class_has_may_go():
    after = FILES["pkg/core.py"].replace(b"    def run(self):\n        return 1\n", b"    x = 1\n")
    files = {**FILES, "pkg/third.py": b"class B:\n    def run(self): ...\n"}
    assert removed_in_use("pkg/core.py", FILES["pkg/core.py"], after, files, files.get) == ""


def test_a_tree_is_a_value():
    tree = TREE.with_file("pkg/new.py", b"x = 1\n")
    assert TREE.read("pkg/new.py") is None
    assert tree.files == ("broken.py", "pkg/core.py", "pkg/new.py", "pkg/other.py", "test_a.py")
    assert tree.digest != TREE.digest
    again = tree.with_file("pkg/core.py", b"").with_file("pkg/core.py", FILES["pkg/core.py"])
    assert again.patch == tree.patch
    assert tree.find("./pkg//core.py") == "pkg/core.py"
    assert tree.find("/work/somewhere/pkg/core.py") == "pkg/core.py"
    assert tree.find("`pkg/core.py`") == "pkg/core.py"
