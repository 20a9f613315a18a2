"""Edited files that decide what is run, and with what: CI, conftest, settings of test tools, dependencies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from configparser import Error as IniError
from typing import Any

from tdad.config.toml import toml_of, value_at
from tdad.facts import FileVersion
from tdad.facts_gate import PolicyKind

_CI = re.compile(
    r"^(?:\.github/(?:workflows|actions)/|\.github/CODEOWNERS$|CODEOWNERS$|\.gitlab/|\.circleci/|\.buildkite/|\.ci/"
    r"|\.woodpecker/|\.azure-pipelines/)|(?:^|/)(?:\.gitlab-ci[^/]*\.ya?ml|azure-pipelines[^/]*\.ya?ml|Jenkinsfile[^/]*"
    r"|\.travis\.yml|\.?appveyor\.yml|bitbucket-pipelines\.yml|\.drone\.yml|\.woodpecker\.yml|\.pre-commit-config\.yaml"
    r"|\.pre-commit-hooks\.yaml|action\.ya?ml|cloudbuild\.yaml)$"
)
_SETTINGS = re.compile(
    r"(?:^|/)(?:\.?pytest\.(?:ini|toml)|tox\.(?:ini|toml)|noxfile\.py|\.coveragerc)$"
)
_DEPENDENCIES = re.compile(
    r"(?:^|/)(?:[^/]*requirements[^/]*\.(?:txt|in)|requirements/[^/]+\.(?:txt|in)|constraints[^/]*\.txt"
    r"|(?:poetry|uv|pdm)\.lock|pylock(?:\.[^/]+)?\.toml|Pipfile(?:\.lock)?|environment\.ya?ml|conda-lock\.yml"
    r"|setup\.py|\.python-version)$"
)
_TEST_TOOLS = ("pytest", "coverage", "tox", "tdad", "hatch")

Edited = tuple[PolicyKind, str, int, str]
"""Kind, path, line, message."""


def edited_files(files: Sequence[FileVersion]) -> Iterator[Edited]:
    """Yield the files of a change that decide what is run."""
    for version in files:
        for path in sorted({version.path, version.old_path or version.path}):
            yield from _edited(path, version)


def _edited(path: str, version: FileVersion) -> Iterator[Edited]:
    name = path.rpartition("/")[2]
    what = _done(path, version)
    if _CI.search(path):
        yield PolicyKind.CI_EDITED, path, 0, f"what CI runs was {what}"
    elif name == "conftest.py":
        yield PolicyKind.CONFTEST_EDITED, path, 0, f"the conftest was {what}"
    elif _SETTINGS.search(path):
        yield PolicyKind.SETTINGS_EDITED, path, 0, f"settings of the tests were {what}"
    elif _DEPENDENCIES.search(path):
        yield PolicyKind.LOCK_FILE_EDITED, path, 0, f"dependencies were {what}"
    elif name == "pyproject.toml":
        yield from _pyproject(path, version)
    elif name == "setup.cfg":
        yield from _setup_cfg(path, version)


def _done(path: str, version: FileVersion) -> str:
    if version.new is None or (
        version.old_path is not None and path == version.old_path != version.path
    ):
        return "deleted" if version.new is None else f"renamed to {version.path}"
    return "added" if version.old is None else "edited"


def _pyproject(path: str, version: FileVersion) -> Iterator[Edited]:
    old, new = _toml(version.old), _toml(version.new)
    for tool in _TEST_TOOLS:
        if value_at(old, "tool", tool) != value_at(new, "tool", tool):
            message = f"the settings of {tool} were edited"
            yield PolicyKind.SETTINGS_EDITED, path, 0, message
    for keys in (
        ("project", "dependencies"),
        ("project", "optional-dependencies"),
        ("project", "requires-python"),
        ("dependency-groups",),
        ("build-system",),
        ("tool", "poetry"),
        ("tool", "uv"),
        ("tool", "pdm"),
    ):
        if value_at(old, *keys) != value_at(new, *keys):
            yield PolicyKind.LOCK_FILE_EDITED, path, 0, f"{'.'.join(keys)} was edited"


def _toml(data: bytes | None) -> dict[str, Any]:
    found = toml_of(data)
    # what cannot be read differs from everything else
    return found if found is not None else {"tool": {"tdad": {"unreadable": data}}}


def _setup_cfg(path: str, version: FileVersion) -> Iterator[Edited]:
    old, new = _ini(version.old), _ini(version.new)
    for name in sorted({*old, *new}):
        if old.get(name) == new.get(name):
            continue
        if name.startswith(("tool:pytest", "coverage", "tox", "testenv")):
            yield PolicyKind.SETTINGS_EDITED, path, 0, f"[{name}] was edited"
        elif name.startswith("options"):
            yield PolicyKind.LOCK_FILE_EDITED, path, 0, f"[{name}] was edited"


def _ini(data: bytes | None) -> dict[str, dict[str, str]]:
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string((data or b"").decode("utf-8-sig"))
    except (IniError, UnicodeDecodeError):
        return {"tool:pytest": {"unreadable": repr(data)}}
    return {name: dict(parser[name]) for name in parser.sections()}
