"""``tdad map import``: take over what coverage recorded."""

from __future__ import annotations

from pathlib import Path

import click

from tdad.cli.options import json_option, open_here


@click.command("import", short_help="Take over coverage data that has test contexts.")
@click.argument(
    "data_file",
    metavar="PATH",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@json_option
@click.pass_obj
def import_coverage(settings: tuple[str, ...], data_file: Path, as_json: bool) -> None:
    """Add a coverage data file made with pytest --cov --cov-context=test to the map."""
    from tdad.report.maps import print_stats
    from tdad.workflows.maps import import_coverage as map_import
    from tdad.workflows.maps import stats

    project = open_here(settings)
    map_import(project, data_file)
    print_stats(stats(project), as_json=as_json)
