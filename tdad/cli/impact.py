"""``tdad impact``: which tests does a change put at risk."""

from __future__ import annotations

import click

from tdad.cli.options import change_options, json_option, make_change, open_here, place_of
from tdad.errors import ExitCode


@click.command(short_help="Which tests does the change put at risk, and why.")
@change_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the N tests at highest risk.  [default: 50 in text, else all]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "ids", "json", "files"]),
    default="text",
    show_default=True,
    help="text: a table with reasons; ids: node ids for pytest; files: test files; best first.",
)
@json_option
@click.option("--exit-code", is_flag=True, help="Exit with 1 when no test is at risk.")
@click.argument("more_files", metavar="[FILE]...", nargs=-1)
@click.pass_obj
def impact(
    settings: tuple[str, ...],
    base: str | None,
    exact: bool,
    uncommitted: bool,
    patch: str | None,
    files: tuple[str, ...],
    more_files: tuple[str, ...],
    limit: int | None,
    form: str,
    as_json: bool,
    exit_code: bool,
) -> int:
    """Which tests does the change put at risk, best first, and why.

    Without change options the change is all that differs from the recorded versions (without a
    recording: from the last commit).

    \b
    tdad impact                          what I changed since the recording
    tdad impact --base main              what my branch changes
    git diff HEAD~3 | tdad impact --patch -
    tdad impact --exit-code --format ids > ids.txt && pytest @ids.txt
    """
    from tdad.report.impact import print_impact
    from tdad.workflows.impact import find_impacts

    change = make_change(
        base=base, exact=exact, uncommitted=uncommitted, patch=patch, files=files + more_files
    )
    project = open_here(settings)
    report = find_impacts(project, change, limit=None)
    print_impact(
        report,
        form="json" if as_json else form,
        limit=project.config.limit if limit is None else limit,
        place=place_of(project),
    )
    return ExitCode.NO if exit_code and not report.answer.impacts else ExitCode.YES
