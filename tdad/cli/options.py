"""Options that several commands share."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tdad.errors import OptionNeedsBase, OptionsExclude, SettingMalformed

if TYPE_CHECKING:  # the workflows are imported when a command runs, not when its help is asked for
    from pathlib import Path

    from tdad.workflows.impact import ChangeOptions
    from tdad.workflows.project import Project

Command = TypeVar("Command", bound=Callable[..., Any])


def change_options(command: Command) -> Command:
    """Add the options that say which change is meant."""
    for option in reversed(_CHANGE):
        command = option(command)
    return command


_CHANGE = (
    click.option(
        "--base",
        metavar="REV",
        help="Changes since this branch left REV (the merge base), uncommitted work included.",
    ),
    click.option(
        "--exact",
        is_flag=True,
        help="With --base: changes since the commit REV itself, not since the merge base.",
    ),
    click.option(
        "--uncommitted",
        is_flag=True,
        help="Changes since the last commit: staged, unstaged and untracked.",
    ),
    click.option(
        "--patch",
        metavar="FILE",
        help="A unified diff that is not applied yet, against the working tree or --base; - reads"
        " standard input.",
    ),
    click.option(
        "--files",
        metavar="FILE",
        multiple=True,
        help="Whole files, as if all in them had changed. More may follow as arguments.",
    ),
)

json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
python_option = click.option(
    "--python",
    metavar="PYTHON",
    help="The project's interpreter.  [default: .venv, VIRTUAL_ENV, then the current one or that on PATH]",
)
sandbox_option = click.option(
    "--sandbox",
    type=click.Choice(["auto", "strict", "off"]),
    default="auto",
    show_default=True,
    help="How tests are confined: as well as it can be done, fully or not at all, or not.",
)


def make_change(
    *,
    base: str | None,
    exact: bool,
    uncommitted: bool,
    patch: str | None,
    files: Sequence[str],
) -> ChangeOptions:
    """The change that the options name.

    Raises:
        OptionsExclude: two of them name different changes.
        OptionNeedsBase: --exact without --base.
    """
    given = [
        name
        for name, there in (
            ("--base", base is not None),
            ("--uncommitted", uncommitted),
            ("--patch", patch is not None),
            ("--files", bool(files)),
        )
        if there
    ]
    if len(given) > 1 and given != ["--base", "--patch"]:
        raise OptionsExclude(given[0], given[1])
    if exact and base is None:
        raise OptionNeedsBase("--exact")
    from tdad.workflows.impact import ChangeOptions

    return ChangeOptions(
        base=base, exact=exact, patch=patch, files=tuple(files), uncommitted=uncommitted
    )


def say(text: str) -> None:
    """Talk, beside the answer."""
    print(f"tdad: {text}", file=sys.stderr, flush=True)


def open_here(settings: Sequence[str], path: Path | None = None) -> Project:
    """The project that the working directory (or ``path``) is in, with the command line's settings on top."""
    from pathlib import Path

    from tdad.workflows.project import open_project

    return open_project(path or Path.cwd(), dict(map(_setting, settings)))


def place_of(project: Project) -> Callable[[str], str]:
    """Turns a node id, ``path::qualname`` or path into the form to type in the working directory.

    pytest resolves node ids on its command line against the working directory, so only ids in that
    form can be handed to it from a sub-directory.
    """
    from tdad.workflows.project import rebase_node_id

    return partial(rebase_node_id, old=project.root, new=project.cwd)


def name_of(project: Project, typed: str) -> str:
    """What the user typed, relative to the project root.

    It is read from the working directory, as pytest does; what exists only below the root (a name
    out of a JSON answer) is taken as it is.
    """
    from tdad.workflows.project import rebase_node_id

    path = typed.partition("::")[0]
    if not (project.cwd / path).exists() and (project.root / path).exists():
        return typed
    return rebase_node_id(typed, project.cwd, project.root)


def _setting(text: str) -> tuple[str, object]:
    """``jobs=2`` → ("jobs", 2): TOML where it can be read as that, else a plain string."""
    key, equals, value = text.partition("=")
    if not equals:
        raise SettingMalformed(text)
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value
