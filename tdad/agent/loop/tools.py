"""The tools as the model sees them: few, short, every one with a required parameter (agents' notes, section 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tdad.agent.chat import ToolSpec

_TEXT = {"type": "string"}
_LINE = {"type": "integer"}


def _spec(
    name: str,
    description: str,
    properties: Mapping[str, Any],
    *,
    optional: frozenset[str] = frozenset(),
    aliases: tuple[str, ...] = (),
    one_line: frozenset[str] = frozenset({"path"}),
) -> ToolSpec:
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": [each for each in properties if each not in optional],
        "additionalProperties": False,
    }
    return ToolSpec(name, description, schema, aliases, one_line)


READ = _spec(
    "read",
    "Numbered lines of a file, at most 250.",
    {"path": _TEXT, "start": _LINE, "end": _LINE},
    optional=frozenset({"start", "end"}),
    aliases=("cat", "view", "open", "read_file", "view_file", "open_file"),
)
SEARCH = _spec(
    "search",
    "Lines of the project that match a regular expression.",
    {"pattern": _TEXT, "path": _TEXT},
    optional=frozenset({"path"}),
    aliases=("grep", "rg", "find", "search_files", "search_code", "grep_search"),
    one_line=frozenset({"path", "pattern"}),
)
EDIT = _spec(
    "edit",
    "Replace the text old, which must occur exactly once in the file, by new. An empty old makes a new file.",
    {"path": _TEXT, "old": _TEXT, "new": _TEXT},
    aliases=("str_replace", "replace", "edit_file", "str_replace_editor", "replace_in_file"),
)
RUN_TESTS = _spec(
    "run_tests",
    'Run tests: node ids or files, or "impacted" for those that your edits put at risk.',
    {"targets": {"type": "array", "items": _TEXT}},
    aliases=("test", "pytest", "run_test", "run_pytest"),
    one_line=frozenset(),
)
SHOW = _spec(
    "show",
    'Show "diff" (your edits so far), "failures" (how the failing tests fail) or "map:FILE" (the tests that reach it).',
    {"what": _TEXT},
    aliases=("git_diff", "show_diff"),
    one_line=frozenset({"what"}),
)
FINISH = _spec(
    "finish",
    "End the work. Say in one line what was wrong.",
    {"summary": _TEXT},
    aliases=("submit", "done", "complete", "task_complete", "attempt_completion"),
    one_line=frozenset(),
)
BASH = _spec(
    "bash",
    "Run a shell command in a throw-away copy of the project; what it changes there is not kept.",
    {"command": _TEXT},
    aliases=("shell", "execute_bash", "run_command", "terminal", "run_shell_command"),
    one_line=frozenset(),
)
WRITE_TEST = _spec(
    "write_test",
    "Write the test file that reproduces the issue, whole. It is run by itself, and must fail because of the issue.",
    {"code": _TEXT},
    aliases=("edit", "write", "write_file", "create_file"),
    one_line=frozenset(),
)


def repair_tools(*, shell: bool) -> tuple[ToolSpec, ...]:
    """The tools of a repair."""
    return (READ, SEARCH, EDIT, RUN_TESTS, SHOW, *((BASH,) if shell else ()), FINISH)


def reproduce_tools() -> tuple[ToolSpec, ...]:
    """The tools for writing a test that reproduces an issue."""
    return (READ, SEARCH, WRITE_TEST)


def lines_of(tools: tuple[ToolSpec, ...]) -> tuple[tuple[str, str], ...]:
    """(name, one line) for the system message."""
    return tuple((_call(tool), tool.description) for tool in tools)


def _call(tool: ToolSpec) -> str:
    needed = set(tool.parameters["required"])
    given = [each if each in needed else f"{each}?" for each in tool.parameters["properties"]]
    return f"{tool.name}({', '.join(given)})"
