"""The ``tdad`` group and its sub-groups; a command's module is imported when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import tdad
from tdad.errors import ExitCode

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 88}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports only the one that runs."""

    def __init__(self, *args: Any, lazy: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "no_args_is_help": False})
        self._lazy = lazy

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a command: help, as talk; it is no answer."""
        if not args:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(ExitCode.USAGE)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which a new user meets them."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; ``None`` when there is no such command."""
        where = self._lazy.get(cmd_name)
        if where is None:
            return None
        module, _, name = where.partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


def _enter(ctx: click.Context, _: click.Parameter, directory: Path | None) -> None:
    """Work in ``directory`` from here on, as ``git -C`` does; go back when the command ended."""
    if directory is not None:
        before = Path.cwd()
        ctx.call_on_close(lambda: os.chdir(before))
        os.chdir(directory)


@click.group(
    cls=LazyGroup,
    context_settings=CONTEXT,
    lazy={
        "impact": "tdad.cli.impact:impact",
        "explain": "tdad.cli.explain:explain",
        "record": "tdad.cli.record:record",
        "index": "tdad.cli.index:index",
        "map": "tdad.cli.app:map_group",
        "graph": "tdad.cli.app:graph_group",
        "fix": "tdad.cli.fix:fix",
        "gate": "tdad.cli.gate:gate",
        "audit": "tdad.cli.audit:audit",
        "skill": "tdad.cli.skill:skill",
        "doctor": "tdad.cli.doctor:doctor",
    },
)
@click.version_option(tdad.__version__, "-V", "--version", message="tdad %(version)s")
@click.option(
    "-C",
    "--directory",
    metavar="PATH",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    expose_value=False,
    is_eager=True,
    callback=_enter,
    help="Work as if started in PATH.",
)
@click.option(
    "-c",
    "--config",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Set a key of [tool.tdad] for this run. May be repeated.",
)
@click.pass_context
def cli(ctx: click.Context, settings: tuple[str, ...]) -> None:
    """Which tests does a change put at risk, best first, and why.

    \b
    Record a map once:       pytest --tdad-map
    Ask about your change:   tdad impact
    Run what is at risk:     pytest --tdad-select
    """
    ctx.obj = settings


@click.group(
    "map",
    cls=LazyGroup,
    context_settings=CONTEXT,
    lazy={
        "stats": "tdad.cli.map_stats:stats",
        "show": "tdad.cli.map_show:show",
        "export": "tdad.cli.map_export:export",
        "merge": "tdad.cli.map_merge:merge",
        "import": "tdad.cli.map_import:import_coverage",
    },
)
def map_group() -> None:
    """Look into the map, export it, join maps."""


@click.group(
    "graph",
    cls=LazyGroup,
    context_settings=CONTEXT,
    lazy={"export": "tdad.cli.graph_export:export"},
)
def graph_group() -> None:
    """The static graph of the code."""
