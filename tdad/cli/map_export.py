"""``tdad map export``: the map for other tools."""

from __future__ import annotations

from typing import TextIO

import click

from tdad.cli.options import open_here


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["testmap", "json", "graphml", "dot"]),
    default="testmap",
    show_default=True,
    help="testmap: one line `source.py: tests/test_a.py tests/test_b.py` per source file.",
)
@click.option(
    "-o",
    "--output",
    type=click.File("w", encoding="utf-8", errors="surrogateescape", atomic=True),
    metavar="FILE",
    help="Where to write; - is standard output.  [default: testmap: .tdad/test_map.txt, else -]",
)
@click.pass_obj
def export(settings: tuple[str, ...], form: str, output: TextIO | None) -> None:
    """Write the map in a format that other tools read."""
    from tdad.report.maps import export_target
    from tdad.workflows.maps import export as map_export

    project = open_here(settings)
    with export_target(form, output, root=project.root) as out:
        map_export(project, form, out)
