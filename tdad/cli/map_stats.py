"""``tdad map stats``: what is in the map."""

from __future__ import annotations

import click

from tdad.cli.options import json_option, open_here


@click.command(short_help="How much is in the map, how old it is, how well it fits.")
@json_option
@click.pass_obj
def stats(settings: tuple[str, ...], as_json: bool) -> None:
    """How much is in the map, how old it is, and how well it fits the code as it is now."""
    from tdad.report.maps import print_stats
    from tdad.workflows.maps import stats as map_stats

    print_stats(map_stats(open_here(settings)), as_json=as_json)
