"""``tdad fix``: repair what fails."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tdad.cli.durations import seconds_of
from tdad.cli.options import json_option, name_of, open_here
from tdad.errors import ExitCode, FixTimeMalformed, OptionsExclude

_ARMS = ("revert", "template", "held-back")


@click.command(short_help="Repair failing tests in a private copy, and measure the patch.")
@click.argument(
    "path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--test",
    "tests",
    metavar="NODE_ID",
    multiple=True,
    help="Repair this test. May be repeated.  [default: all that fail]",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "model", "search"]),
    default="auto",
    show_default=True,
    help="Who looks for the patch.",
)
@click.option(
    "--good", metavar="REV", help="A version with which the tests passed.  [default: looked for]"
)
@click.option(
    "--time",
    "budget",
    metavar="TIME",
    default="15m",
    show_default=True,
    help="For the search: 90s, 15m, 1h.",
)
@click.option(
    "--verify-time",
    "verify",
    metavar="TIME",
    default="10m",
    show_default=True,
    help="A suite that takes longer is not run whole at the end, only what is at risk.",
)
@click.option(
    "--attempts",
    metavar="N",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Verify so many patches at most.",
)
@click.option(
    "--jobs",
    metavar="J",
    type=click.IntRange(min=1),
    help="Try so many at once.  [default: one per processor]",
)
@click.option(
    "--sandbox",
    type=click.Choice(["auto", "strict", "off"]),
    default="auto",
    show_default=True,
    help="How tests are confined: as well as it can be done, fully or not at all, or not.",
)
@click.option(
    "--arm",
    "arms",
    metavar="ARM",
    type=click.Choice(_ARMS),
    multiple=True,
    help=f"Only this part: {', '.join(_ARMS)}. May be repeated.",
)
@click.option(
    "--seed",
    metavar="S",
    type=int,
    default=1,
    show_default=True,
    help="Which failing tests are held back.",
)
@click.option(
    "--python",
    metavar="PYTHON",
    help="The project's interpreter.  [default: .venv, VIRTUAL_ENV, then the current one]",
)
@click.option("--apply", is_flag=True, help="Put the patch into your tree, if that is unchanged.")
@click.option("--branch", metavar="NAME", help="Commit the patch to a new branch.")
@click.option("--output", metavar="FILE", help="Write the patch to FILE; - is standard output.")
@click.option("--resume", metavar="RUN", help="Go on with a run that was stopped.")
@json_option
@click.pass_obj
def fix(
    settings: tuple[str, ...],
    path: Path | None,
    tests: tuple[str, ...],
    engine: str,
    good: str | None,
    budget: str,
    verify: str,
    attempts: int,
    jobs: int | None,
    sandbox: str,
    arms: tuple[str, ...],
    seed: int,
    python: str | None,
    apply: bool,
    branch: str | None,
    output: str | None,
    resume: str | None,
    as_json: bool,
) -> int:
    """Look for a patch that makes the failing tests pass and breaks no other, and measure it.

    Everything runs in private copies, confined; your tree is only read, unless --apply says so.

    \b
    tdad fix                          what fails, in the project here
    tdad fix --good v1.2 --apply      undo as little as possible since v1.2
    tdad fix --test tests/test_a.py::test_b --output fix.patch
    """
    from tdad.facts_fix import Engine
    from tdad.report.fix import print_fix
    from tdad.runner.sandbox import Strictness
    from tdad.workflows.fix import fix as run_fix
    from tdad.workflows.fix_deliver import Delivery
    from tdad.workflows.fix_options import FixOptions

    given = [
        name
        for name, there in (("--apply", apply), ("--branch", branch), ("--output", output))
        if there
    ]
    if len(given) > 1:
        raise OptionsExclude(given[0], given[1])
    if output == "-" and as_json:
        raise OptionsExclude("--output -", "--json")
    time_s, verify_s = _seconds("--time", budget), _seconds("--verify-time", verify)
    project = open_here(settings, path)
    options = FixOptions(
        tests=tuple(name_of(project, name) for name in tests),
        engine=Engine(engine),
        good=good,
        time_s=time_s,
        verify_s=verify_s,
        attempts=attempts,
        jobs=jobs,
        strictness=Strictness(sandbox),
        python=python,
        resume=resume,
        arms=arms or _ARMS,
        seed=seed,
        delivery=Delivery(
            apply,
            branch,
            output if output in {None, "-"} else str(Path.cwd() / str(output)),
        ),
    )
    report = run_fix(project, options, say=_say)
    if output != "-":
        print_fix(report, as_json=as_json)
    return _code(str(report.end))


def _code(end: str) -> ExitCode:
    return {
        "fixed": ExitCode.YES,
        "not fixed": ExitCode.NO,
        "fixed, broke others": ExitCode.FIX_BROKE_OTHERS,
        "budget ended": ExitCode.FIX_BUDGET_ENDED,
        "interrupted": ExitCode.INTERRUPTED,
    }[end]


def _say(text: str) -> None:
    print(f"tdad: {text}", file=sys.stderr, flush=True)


def _seconds(option: str, text: str) -> float:
    """``10m`` → 600."""
    found = seconds_of(text)
    if found is None:
        raise FixTimeMalformed(option, text)
    return found
