"""Any bytes: facts or an error that is a fact; never an exception, never a hang."""

from __future__ import annotations

import os
import sys
import sysconfig
import time
import tokenize
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tdad.facts import FileFacts
from tdad.source import index, mentioned_names
from tdad.source.compare import compare

WHOLE = os.environ.get("TDAD_FUZZ") == "all"
"""Whether every file of the standard library's tests is read (``make fuzz``), or a share of them."""
DAILY_EVERY = 8
"""The share: every eighth file, and all of ``SPECIAL``."""
SPECIAL = (
    *("test_syntax.py", "test_grammar.py", "test_fstring.py", "test_patma.py"),
    *("test_named_expressions.py", "test_coroutines.py", "test_except_star.py", "test_type_*.py"),
    *(
        "test_unpack_ex.py",
        "test_decorators.py",
        "test_positional_only_arg.py",
        "tokenizedata/*.py",
    ),
    *("encoded_modules/*.py", "bad_coding*.py", "test_source_encoding.py"),
)
"""Files (patterns) that are there for their syntax or their encoding."""
PARTS = 10
"""As many tests, so that the workers of pytest-xdist share them."""
STRIPPED_EVERY = 4
"""Every file is indexed, and every fourth is also compared with itself in other layouts."""
SLOWEST_S = 20.0
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
OWN = [path.read_bytes() for path in sorted(Path(__file__).parents[3].glob("tdad/source/*.py"))]


def check(facts: FileFacts) -> None:
    """Whatever was read, the facts hold together."""
    assert facts.definitions[0].qualname == ""
    for position, definition in enumerate(facts.definitions):
        assert definition.parent <= position
        assert definition.span.first <= definition.span.last
    for position, statement in enumerate(facts.statements):
        assert statement.parent < position
        assert statement.span.first <= statement.span.last <= statement.suite.last
        assert 0 <= statement.owner < len(facts.definitions)
    for reference in facts.references:
        assert 0 <= reference.source < len(facts.definitions)
        assert reference.chain
    if facts.error is not None:
        assert facts.error.startswith("line ")
        assert "unknown syntax" not in facts.error
        assert len(facts.definitions) == 1
        assert facts.statements == ()
    mentioned_names(facts)


@QUICK
@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    check(index("m.py", data))


PIECES = st.sampled_from(
    [
        "def",
        "class",
        "if",
        "else",
        ":",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "\t",
        "x",
        "y",
        "self",
        ".",
        ",",
        "=",
        "==",
        "lambda",
        "async",
        "await",
        "yield",
        "return",
        "import",
        "from",
        "*",
        "**",
        "@",
        "'a'",
        '"b"',
        "f'{x}'",
        "1",
        "not",
        "in",
        "with",
        "as",
        "try",
        "except",
        "finally",
        "match",
        "case",
        "_",
        ":=",
        "global",
        "del",
        ";",
        "\\",
        "#",
        "\x0c",
    ]
)


@QUICK
@given(st.lists(PIECES, max_size=60))
def test_random_tokens(pieces: list[str]) -> None:
    check(index("m.py", " ".join(pieces).encode()))


@QUICK
@given(st.sampled_from(OWN), st.data())
def test_mutated_sources(source: bytes, data: st.DataObject) -> None:
    source = source[:3000]
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 80)))
    mutated = source[:start] + data.draw(st.binary(max_size=12)) + source[end:]
    old, new = index("m.py", source), index("m.py", mutated)
    check(new)
    compare(old, new)
    compare(new, old)


BOMBS = {
    "brackets": "(" * 100_000,
    "balanced brackets": "[" * 5000 + "]" * 5000,
    "calls": "f(" * 3000,
    "signs": "-" * 100_000 + "x",
    "negations": "not " * 50_000 + "x",
    "negations that do not parse": "not " * 50_000 + "x y",
    "sum": "x" + " + x" * 50_000,
    "sum that does not parse": "x" + " + x" * 50_000 + " x",
    "attributes": "a" + ".b" * 50_000,
    "chained calls": "a" + "()" * 20_000,
    "lambdas": "lambda: " * 20_000 + "1",
    "conditionals": "1 if 1 else " * 20_000 + "1",
    "elifs": "if x:\n pass\n" + "elif x:\n pass\n" * 5000,
    "indentation": "".join(" " * i + "if x:\n" for i in range(3000)) + " " * 3000 + "pass\n",
    "decorators": "@a\n" * 5000 + "def f(): pass\n",
    "strings": "x = " + "'a' " * 5000,
    "f-strings": "x = " + "f'{" * 500 + "1" + "}'" * 500,
    "powers": "x**" * 20_000 + "1",
    "long line": "x = [" + "1, " * 20_000 + "]",
    "functions in functions": "".join(" " * i + "def f():\n" for i in range(90))
    + " " * 90
    + "pass\n",
    "signs over lines": "x = (\n" + "-\n" * 50_000 + "1\n",
    "words": "a " * 50_000,
    "walrus": "(a := " * 3000 + "1" + ")" * 3000,
    "patterns": "match x:\n case " + "[" * 3000 + "]" * 3000 + ": pass\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_bounded(name: str) -> None:
    started = time.process_time()
    check(index("m.py", BOMBS[name].encode()))
    assert time.process_time() - started < SLOWEST_S


def test_deep_but_legal_code_is_read() -> None:
    legal = "x = " + " + ".join(["a"] * 300) + "\ny = " + "[" * 50 + "]" * 50 + "\n"
    facts = index("m.py", legal.encode())
    assert facts.error is None
    assert {d.qualname for d in facts.definitions} == {"", "x", "y"}


def stripped(data: bytes) -> bytes | None:
    """Return the same program without comments and without blank lines outside strings."""
    try:
        tokens = list(tokenize.tokenize(BytesIO(data).readline))
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return None
    encoding = tokens[0].string
    if encoding not in ("utf-8", "ascii"):
        return None
    lines = data.decode("utf-8-sig").splitlines(keepends=True)
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            line = lines[row - 1]
            end = line[token.end[1] :]
            lines[row - 1] = line[:column].rstrip(" \t") + end
    inside = {
        row
        for token in tokens
        if token.start[0] != token.end[0] and token.type not in (tokenize.NL, tokenize.NEWLINE)
        for row in range(token.start[0], token.end[0] + 1)
    }
    if sys.version_info >= (3, 12):
        depth = first = 0
        for token in tokens:
            if token.type == tokenize.FSTRING_START:
                first = token.start[0] if depth == 0 else first
                depth += 1
            elif token.type == tokenize.FSTRING_END:
                depth -= 1
                inside.update(range(first, token.end[0] + 1))
    kept = [
        line
        for row, line in enumerate(lines, 1)
        if row in inside or line.strip() or lines[row - 2].rstrip("\r\n").endswith("\\")
    ]
    return "".join(kept).encode()


def self_check(path: Path) -> bool:
    data = path.read_bytes()
    started = time.process_time()
    facts = index(path.name, data)
    check(facts)
    again = index(path.name, data)
    assert again == facts, path
    assert compare(facts, again) == (), path
    bare = stripped(data)
    if facts.error is None and bare is not None and bare != data:
        other = index(path.name, bare)
        if other.error is None:
            assert compare(facts, other) == (), path
            assert compare(other, facts) == (), path
    assert time.process_time() - started < SLOWEST_S * 3, path
    return facts.error is None


def test_our_own_sources_survive_stripping() -> None:
    for path in sorted(Path(__file__).parents[3].glob("tdad/source/*.py")):
        assert self_check(path)


def _standard_librarys_tests() -> list[Path]:
    return sorted((Path(sysconfig.get_path("stdlib")) / "test").rglob("*.py"))


def _chosen(at: int, path: Path) -> bool:
    """Whether the file is read in the run of every day; ``make fuzz`` reads all."""
    return WHOLE or at % DAILY_EVERY == 0 or _is_special(path)


def _is_special(path: Path) -> bool:
    return any(path.match(name) for name in SPECIAL)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_file_of_the_standard_librarys_tests(part: int) -> None:
    paths = [path for at, path in enumerate(_standard_librarys_tests()) if _chosen(at, path)]
    paths = paths[part::PARTS]
    if not paths:
        pytest.skip("this interpreter comes without its tests")
    refused = []
    for at, path in enumerate(paths):
        if at % STRIPPED_EVERY == 0:
            readable = self_check(path)
        else:
            facts = index(path.name, path.read_bytes())
            check(facts)
            readable = facts.error is None
        if not readable and _compiles(path):
            refused.append(path)
    assert len(refused) <= max(1, 0.05 * len(paths)), refused


def _compiles(path: Path) -> bool:
    """Whether this interpreter itself reads the file."""
    try:
        compile(path.read_bytes(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True
