"""``tdad record``: record from outside, for a project whose environment does not have tdad."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from tdad.cli.options import json_option, open_here, python_option

TESTS_RAN = frozenset({0, 1})
"""pytest's exit codes after which the map is up to date: all passed, some failed."""


@click.command(short_help="Record from outside, with the project's own interpreter.")
@python_option
@click.option("--lines", is_flag=True, help="Record lines, not functions: slower, finer.")
@json_option
@click.argument("pytest_args", nargs=-1, metavar="[-- PYTEST_ARG...]", type=click.UNPROCESSED)
@click.pass_obj
def record(
    settings: tuple[str, ...],
    python: str | None,
    lines: bool,
    as_json: bool,
    pytest_args: tuple[str, ...],
) -> int:
    """Run the tests in the project's own interpreter, which need not have tdad; update the map.

    Ends with pytest's exit code. With --json pytest's output goes to standard error.

    \b
    tdad record
    tdad record --python ../env/bin/python -- -n 4 tests/unit
    """
    from tdad.report.maps import print_stats
    from tdad.workflows.maps import stats
    from tdad.workflows.record_outside import record_outside

    project = open_here(settings)
    with _stdout_is_talk(as_json):
        ended = record_outside(project, python=python, lines=lines, arguments=pytest_args)
    if ended.exit_code in TESTS_RAN:
        print_stats(stats(project), as_json=as_json)
    if ended.note:
        click.echo(f"tdad: {ended.note}", err=True)
    return ended.exit_code


@contextmanager
def _stdout_is_talk(wanted: bool) -> Iterator[None]:
    """Send what child processes write to standard output to standard error instead."""
    if not wanted:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
