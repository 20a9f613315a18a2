"""``tdad map merge``: join the maps of a CI matrix."""

from __future__ import annotations

from pathlib import Path

import click

from tdad.cli.options import json_option, open_here


@click.command(short_help="Join maps, for example those of CI shards.")
@click.argument(
    "maps",
    nargs=-1,
    required=True,
    metavar="MAP...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@json_option
@click.pass_obj
def merge(settings: tuple[str, ...], maps: tuple[Path, ...], as_json: bool) -> None:
    """Add other maps of this project, for example those of CI shards, to the project's map."""
    from tdad.report.maps import print_stats
    from tdad.workflows.maps import merge as map_merge
    from tdad.workflows.maps import stats

    project = open_here(settings)
    map_merge(project, maps)
    print_stats(stats(project), as_json=as_json)
