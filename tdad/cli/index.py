"""``tdad index``: read the code without running it."""

from __future__ import annotations

import click

from tdad.cli.options import json_option, open_here


@click.command(short_help="Read the code into the map without running it.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that parse files.  [default: one per core]",
)
@json_option
@click.pass_obj
def index(settings: tuple[str, ...], jobs: int | None, as_json: bool) -> None:
    """Read the project's code into the map without running it.

    Only files that changed since the last time are parsed. With an index and no recording, `tdad
    impact` answers from the static graph alone.
    """
    from tdad.report.index import print_index
    from tdad.report.progress import progress
    from tdad.workflows.index import build_index

    project = open_here(settings)
    with progress("Indexing") as tick:
        summary = build_index(project, jobs=jobs, progress=tick)
    print_index(summary, as_json=as_json)
