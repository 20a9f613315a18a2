"""What an edit may not do: looked at before the file is touched, said in the edit's own answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tdad.agent.loop.code import BROKEN, parsed
from tdad.agent.loop.names import undefined
from tdad.agent.loop.plain import plain
from tdad.agent.loop.removed import removed_in_use
from tdad.agent.loop.tree import Tree, decoded
from tdad.agent.search.patch_text import changed_lines

_CONFIGURATION = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "tox.ini",
    "pytest.ini",
    ".pytest.ini",
    "noxfile.py",
    "Makefile",
    "requirements*.txt",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    "azure-pipelines.yml",
)
_ANYWHERE = ("sitecustomize.py", "usercustomize.py", "*.pth")
"""Python runs them wherever they can be imported from."""
_FOLDERS = (".git", ".github", ".circleci", ".tdad", ".hg", ".venv", "node_modules")
_PLACEHOLDER = re.compile(
    r"^\s*#\s*(?:\.\.\.|…).*\b(?:rest|existing|remain|previous|other|same|code|unchanged|implementation)\w*\b"
    r"|^\s*#.*\b(?:rest of (?:the )?(?:code|function|class|method|file|implementation)|(?:existing|remaining) code"
    r"|remains? (?:the same|unchanged))\b",
    re.IGNORECASE | re.MULTILINE,
)
_BROAD = frozenset({"Exception", "BaseException"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What edits may do."""

    is_test: Callable[[str], bool]
    allow_tests: bool = False
    most_lines: int = 200
    """Of the whole difference, taken away and added."""
    most_files: int = 5
    static: bool = True
    """Look into the code; without, only at which file it is."""


def untouchable(path: str, tree: Tree, rules: Rules) -> str:
    """Why the file may not be edited at all; empty: it may."""
    if path in {"", "."} or path.startswith(("/", "../")) or path == "..":
        return f"{path or 'the path'} is outside the project. Nothing was changed."
    parts = path.split("/")
    if path in tree.links or any("/".join(parts[:n]) in tree.links for n in range(1, len(parts))):
        return f"{path} is a link or behind one, and is not written to."
    if any(part in _FOLDERS for part in parts[:-1]) or parts[0] in _FOLDERS:
        return f"{path} is not part of the code. Nothing was changed."
    decisive = (*_ANYWHERE, *(_CONFIGURATION if len(parts) == 1 else ()))
    if any(fnmatchcase(parts[-1], pattern) for pattern in decisive):
        return f"{path} decides how tests run and is not to be changed. Fix the source code."
    if rules.is_test(path) and not rules.allow_tests:
        return f"{path} belongs to the tests, which say what is right. Fix the source code."
    return ""


def refusal(path: str, after: bytes, tree: Tree, rules: Rules) -> str:
    """Why the file may not become ``after``; empty: it may. The text says what to do about it."""
    before = tree.read(path)
    if problem := _size(tree.with_file(path, after), rules):
        return problem
    if not rules.static or not path.endswith((".py", ".pyi")):
        return ""
    return next(_code(path, before, after, tree), "")


def _size(tree: Tree, rules: Rules) -> str:
    if len(tree.patch) > rules.most_files:
        return f"That would be the change of more than {rules.most_files} files. Make the smallest change."
    lines = changed_lines({path: tree.start(path) for path in tree.patch}, tree.patch)
    if lines > rules.most_lines:
        return f"All your edits would change {lines} lines; {rules.most_lines} are allowed. Make a smaller edit."
    return ""


def _code(path: str, before: bytes | None, after: bytes, tree: Tree) -> Iterator[str]:
    """What is wrong with the code, the most basic first."""
    was, now = _parsed(before or b""), _parsed(after)
    if not isinstance(now, ast.Module):
        if isinstance(was, ast.Module):
            yield f"With this edit {path} does not parse: {_where(now, after)}"
        return  # a file that did not parse may need more than one edit
    text = decoded(after)
    new = _PLACEHOLDER.search(text)
    if new and not (before and _PLACEHOLDER.search(decoded(before))):
        yield f"{new[0].strip()!r} stands for code that you left out. Write all of it, or edit fewer lines."
    if not isinstance(was, ast.Module):
        return
    if before is not None and ast.dump(was) == ast.dump(now):
        yield "This edit changes only comments or formatting, so no test can end differently."
    if swallowed := _swallowing(now) - _swallowing(was):
        yield (
            f"{swallowed} new handler catches every exception and does nothing, which hides the error instead of"
            " repairing it. Catch what is expected, or repair the cause."
        )
    unknown = sorted(undefined(after) - (undefined(before) if before else frozenset()))
    if unknown:
        yield f"With this edit {', '.join(unknown)} would be an undefined name in {path}. Import or define it first."
    if before is not None:
        gone = removed_in_use(path, before, after, tree.files, tree.read)
        if gone:
            yield f"{gone}. Keep the definition, or change its users first."


def _parsed(data: bytes) -> ast.Module | Exception:
    try:
        return parsed(data)
    except BROKEN as error:
        return error


def _where(error: object, data: bytes) -> str:
    line = getattr(error, "lineno", None)
    said = getattr(error, "msg", None) or str(error)
    if not isinstance(line, int):
        return str(said)
    lines = decoded(data).splitlines()
    shown = "\n".join(
        f"{n}: {plain(lines[n - 1])}"
        for n in range(max(1, line - 3), min(len(lines), line + 2) + 1)
    )
    return f"{said} (line {line})\n{shown}"


def _swallowing(tree: ast.Module) -> int:
    """Handlers for every exception that do nothing."""
    return sum(
        isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in _BROAD))
        and all(
            isinstance(each, ast.Pass)
            or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            for each in node.body
        )
        for node in ast.walk(tree)
    )
