"""``tdad skill``: teach a coding agent to use the map."""

from __future__ import annotations

from pathlib import Path

import click

from tdad.cli.options import json_option, open_here


@click.command(short_help="Write a SKILL.md that teaches a coding agent the map.")
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write DIR/SKILL.md only.  [default: skills/tdad/ in .claude, .qwen and .agents]",
)
@click.option("--force", is_flag=True, help="Overwrite a SKILL.md that was edited by hand.")
@json_option
@click.pass_obj
def skill(settings: tuple[str, ...], to: Path | None, force: bool, as_json: bool) -> None:
    """Write a SKILL.md that tells a coding agent to look tests up, run them, repair."""
    from tdad.report.skill import print_written, write_skills

    print_written(write_skills(open_here(settings).root, to=to, force=force), as_json=as_json)
