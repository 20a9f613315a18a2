"""``tdad explain``: why is this test at risk, or why is it safe."""

from __future__ import annotations

import click

from tdad.cli.options import change_options, json_option, make_change, name_of, open_here, place_of
from tdad.errors import ExitCode


@click.command(short_help="Why is one test at risk, or why is it safe.")
@click.argument("node_id")
@change_options
@json_option
@click.option("--exit-code", is_flag=True, help="Exit with 1 when the test is not at risk.")
@click.pass_obj
def explain(
    settings: tuple[str, ...],
    node_id: str,
    base: str | None,
    exact: bool,
    uncommitted: bool,
    patch: str | None,
    files: tuple[str, ...],
    as_json: bool,
    exit_code: bool,
) -> int:
    """Why does the change put NODE_ID at risk, step by step, or why is that test safe.

    \b
    tdad explain tests/test_shop.py::test_total
    tdad explain "tests/test_shop.py::test_total[3-eggs]" --base main
    """
    from tdad.report.explain import print_explanation
    from tdad.workflows.explain import explain as explain_test

    change = make_change(base=base, exact=exact, uncommitted=uncommitted, patch=patch, files=files)
    project = open_here(settings)
    explanation = explain_test(project, name_of(project, node_id), change)
    print_explanation(explanation, as_json=as_json, place=place_of(project))
    return ExitCode.NO if exit_code and not explanation.selected else ExitCode.YES
