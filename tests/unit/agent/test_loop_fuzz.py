"""Whatever a model says, the tools answer: nothing of it may end a run."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tdad.agent.loop import editing, reading
from tdad.agent.loop.editing import Edited
from tdad.agent.loop.gates import Rules, refusal, untouchable
from tdad.agent.loop.plain import capped, plain
from tdad.agent.loop.tree import Tree, decoded, encoded

FILES = {
    "a.py": b"import os\n\n\ndef f(x):\n    return os.sep + x\n",
    "latin.py": "# -*- coding: latin-1 -*-\nNAME = 'é'\n".encode("latin-1"),
    "empty.py": b"",
    "data.bin": b"\0\1\2",
    "broken.py": b"def f(:\n",
}
TREE = Tree(tuple(sorted(FILES)), FILES.get)
RULES = Rules(is_test=lambda path: "test" in path)
WORDS = st.text(st.characters(), max_size=60) | st.sampled_from(
    [
        "a.py",
        "./a.py",
        "return os.sep + x",
        "def f(x):",
        "    return",
        "(a+)+$",
        "[",
        "\ud800",
        "\0",
        "x = '\\d'\n",
    ]
)


@settings(max_examples=300, deadline=None)
@given(WORDS | st.sampled_from(sorted(FILES)), WORDS, WORDS)
def test_edits(path, old, new):
    name = TREE.find(path)
    assert untouchable(name, TREE, RULES) is not None
    done = editing.edit(name, TREE.text(name), old, new)
    if isinstance(done, Edited):
        data = encoded(done.text)
        assert isinstance(refusal(name, data, TREE, RULES), str)
        assert TREE.with_file(name, data).digest


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS | st.none(), st.integers() | st.none(), st.integers() | st.none())
def test_looking(path, other, start, end):
    for shown in (reading.read(TREE, path, start, end), reading.search(TREE, path, other)):
        shown.text.encode()
        assert len(shown.text) < 12_000


@given(st.binary())
def test_no_byte_of_a_file_is_lost(data):
    assert encoded(decoded(data)) == data


@given(st.text(st.characters()))
def test_what_is_shown_can_be_sent(text):
    shown = plain(text)
    shown.encode()
    assert "\x1b" not in shown
    assert "<|im_end|>" not in plain(text + "<|im_end|>")
    assert len(capped(shown, 100)) < 200
