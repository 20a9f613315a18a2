from __future__ import annotations

import io

import pytest

from tdad.report.lines import line, print_lines, prose

LINES = [line(("tests/" + "x" * 100, "bold")), prose("word " * 40, indent=5)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")


def printed(out: io.StringIO) -> str:
    print_lines(LINES, out)
    return out.getvalue()


def test_a_pipe_gets_the_lines_as_they_are():
    assert printed(io.StringIO()) == f"tests/{'x' * 100}\n{' ' * 5}{'word ' * 40}\n"


def test_a_terminal_gets_styles_names_whole_and_prose_wrapped():
    first, *wrapped = printed(Terminal()).splitlines()
    assert first == f"\x1b[1mtests/{'x' * 100}\x1b[0m"
    assert len(wrapped) > 1
    assert all(each.startswith("     word") and len(each) <= 80 for each in wrapped)


def test_no_color_is_honoured(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    print_lines([line(("red", "red"))], out)
    assert "\x1b[31m" not in out.getvalue()


def test_force_color_colours_a_pipe_and_wraps_nothing(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = printed(io.StringIO())
    assert "\x1b[1m" in text
    assert len(text.splitlines()) == len(LINES)


def test_markup_in_names_is_no_markup():
    out = Terminal()
    print_lines([line("t.py::test[red]x[/red]")], out)
    assert "test[red]x[/red]" in out.getvalue()
