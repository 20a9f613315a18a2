"""``tdad graph export``: the static graph, or who calls whom."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tdad.cli.options import open_here


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "graphml", "dot"]),
    default="json",
    show_default=True,
)
@click.option(
    "--calls",
    is_flag=True,
    help='Only calls: {"caller": ["callee", ...]}, dotted names, project definitions only.',
)
@click.argument(
    "path", required=False, metavar="[PATH]", type=click.Path(exists=True, path_type=Path)
)
@click.pass_obj
def export(settings: tuple[str, ...], form: str, calls: bool, path: Path | None) -> None:
    """Write the static graph to standard output.

    With --calls, PATH is the folder (or file) to look at; dotted names start there.
    """
    from tdad.report.calls import render_calls

    if path is not None and not calls:
        raise click.UsageError(
            "PATH is for --calls; the static graph is that of the whole project."
        )
    project = open_here(settings)
    if calls:
        from tdad.workflows.calls import project_calls

        calls_of = project_calls(project, path, lambda text: click.echo(f"tdad: {text}", err=True))
        sys.stdout.write(render_calls(calls_of, form))
    else:
        from tdad.workflows.graph_export import export_graph

        sys.stdout.write(export_graph(project, form))
