"""``tdad doctor``: is everything there that a repair needs?"""

from __future__ import annotations

import click

from tdad.cli.options import json_option, open_here
from tdad.errors import ExitCode


@click.command(short_help="Check server, model, git, interpreter, map and sandbox.")
@click.option(
    "--base-url",
    metavar="URL",
    help="The model's server.  [default: [[tool.tdad.models]], else the usual local ports]",
)
@click.option("--model", metavar="NAME", help="Its model.  [default: the one that is loaded]")
@json_option
@click.pass_obj
def doctor(
    settings: tuple[str, ...], base_url: str | None, model: str | None, as_json: bool
) -> int:
    """Check everything that a repair by a model needs.

    The server gets two short turns: a tool call with a value of several lines, and a second turn
    on top of it. What is wrong comes with the flags or the command that put it right.

    Exit code 0: all there; 1: something of the project is to put right; 4: no usable server.
    """
    from tdad.answers_doctor import Health
    from tdad.report.doctor import all_checks, print_doctor
    from tdad.workflows.doctor import diagnose

    project = open_here(settings)
    report = diagnose(project, base_url=base_url, model=model, say=_say)
    print_doctor(report, as_json=as_json)
    if not any(server.usable for server in report.servers):
        return ExitCode.SERVER_UNUSABLE
    bad = any(check.health is Health.BAD for check in all_checks(report))
    return ExitCode.NO if bad else ExitCode.YES


def _say(what: str) -> None:
    click.echo(f"looking at {what}", err=True)
