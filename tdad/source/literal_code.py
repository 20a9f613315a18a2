"""Code in string literals: scripts for child processes, fragments of generated code, names of members."""

from __future__ import annotations

import re

from tdad.facts import Import, ReferenceKind
from tdad.source.state import State

_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+([^\W\d]\w*(?:\.\w+)*)", re.MULTILINE)
_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_MEMBER = re.compile(r"[a-z]\w*_\w+|[A-Z]\w*[a-z]\w*")
"""What is a name rather than a word: it has an underscore, or is written as classes are."""
_DOC = "__doc__"
"""Asked for in the namespace of a class by metaclasses."""
_CALLED = re.compile(r"\.([^\W\d]\w*)\(")
_MOST = 8
"""Names taken from one literal."""


def note_script(state: State, text: str) -> None:
    """A text whose lines import modules is a script: whoever mentions it may run those modules."""
    frame = state.frame()
    for module in dict.fromkeys(_IMPORT.findall(text)[:_MOST]):
        state.add_reference(ReferenceKind.IMPORT, module)
        state.imports.append(
            Import(frame.definition, state.line, module, "", "", conditional=True)
        )


def note_command(state: State, text: str) -> None:
    """``[sys.executable, "-m", "tool"]``: the child process runs the module, or ``__main__`` of the package."""
    if len(state.tokens) > 1 and state.tokens[-2][2:] == "-m" and _MODULE.fullmatch(text):
        note_script(state, f"import {text}\nimport {text}.__main__")


def note_code(state: State, text: str) -> None:
    """Note what a literal may name: a member (``"select_template"``), or calls (``"context.call("``)."""
    if text == _DOC or _MEMBER.fullmatch(text):
        state.refs.append((state.line, ReferenceKind.STRING, text))
    elif "(" in text:
        for name in _CALLED.findall(text)[:_MOST]:
            state.refs.append((state.line, ReferenceKind.STRING, name))
