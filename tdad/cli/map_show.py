"""``tdad map show``: what the map knows about one thing."""

from __future__ import annotations

import click

from tdad.cli.options import json_option, name_of, open_here, place_of


@click.command(short_help="What the map knows about a test, file or definition.")
@click.argument("what", metavar="FILE|FILE::NAME|NODE_ID")
@json_option
@click.pass_obj
def show(settings: tuple[str, ...], what: str, as_json: bool) -> None:
    """What the map knows about a test, a file or a definition.

    \b
    tdad map show tests/test_shop.py::test_total   what it executes, reads
    tdad map show shop.py                          the tests that execute it
    tdad map show shop.py::Cart.total              the tests that execute it
    """
    from tdad.report.maps import print_entry
    from tdad.workflows.maps import show as map_show

    project = open_here(settings)
    entry = map_show(project, name_of(project, what))
    print_entry(entry, as_json=as_json, place=place_of(project))
