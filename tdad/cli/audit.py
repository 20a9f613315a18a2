"""``tdad audit``: are the answers right, on this project?"""

from __future__ import annotations

import click

from tdad.cli.durations import seconds_of
from tdad.cli.options import json_option, open_here, python_option, sandbox_option, say
from tdad.errors import AuditBudgetMalformed, ExitCode, OptionsExclude


@click.command(short_help="Put faults into a copy: is every failing test selected?")
@click.option(
    "--faults",
    metavar="N",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Try so many.",
)
@click.option(
    "--seed",
    metavar="S",
    type=int,
    default=1,
    show_default=True,
    help="Which faults; the same seed goes on where it stopped.",
)
@click.option(
    "--jobs",
    metavar="J",
    type=click.IntRange(min=1),
    help="So many at once.  [default: one per processor]",
)
@click.option(
    "--time-budget",
    "budget",
    metavar="TIME",
    help="Begin no further one after TIME: 90s, 10m, 2h.",
)
@click.option(
    "--min-safe",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    help="Exit with 1 when a smaller share of the faults is safe.",
)
@click.option("--static", is_flag=True, help="Ask the static index, not the recording.")
@python_option
@click.option(
    "--history",
    metavar="N",
    type=click.IntRange(min=1),
    help="Instead of faults: put the last N commits back that touch code and tests.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Work on the Dask cluster of this scheduler, e.g. tcp://host:8786.",
)
@sandbox_option
@json_option
@click.argument("pytest_args", nargs=-1, metavar="[-- PYTEST_ARG...]", type=click.UNPROCESSED)
@click.pass_obj
def audit(
    settings: tuple[str, ...],
    faults: int,
    seed: int,
    jobs: int | None,
    budget: str | None,
    min_safe: float | None,
    static: bool,
    python: str | None,
    history: int | None,
    scheduler: str | None,
    sandbox: str,
    as_json: bool,
    pytest_args: tuple[str, ...],
) -> int:
    """Put faults into copies of the project, ask the map about each, run all tests, and compare.

    Your files are only read. Results are kept in .tdad/audit as they come; the same command goes
    on where it was stopped.

    \b
    tdad audit --faults 100 --time-budget 20m
    tdad audit --min-safe 0.99 -- tests/unit
    """
    from tdad.report.audit import print_audit
    from tdad.report.progress import progress
    from tdad.runner.sandbox import Strictness, chosen
    from tdad.workflows.audit import AuditOptions
    from tdad.workflows.audit import audit as run_audit
    from tdad.workflows.audit_history import audit_history

    if history and (static or scheduler):
        raise OptionsExclude("--history", "--static" if static else "--scheduler")

    options = AuditOptions(
        faults=faults,
        seed=seed,
        jobs=jobs,
        budget_s=_seconds(budget),
        python=python,
        static=static,
        arguments=pytest_args,
        scheduler=scheduler,
        sandbox=Strictness(sandbox),
    )
    project = open_here(settings)
    say(str(chosen(options.sandbox)))
    with progress("Commits" if history else "Faults") as tick:
        if history:
            report = audit_history(project, options, number=history, say=say, tick=tick)
        else:
            report = run_audit(project, options, say=say, tick=tick)
    print_audit(report, as_json=as_json)
    if report.stopped:
        return ExitCode.INTERRUPTED
    return _code(report.figures.safe_share, min_safe)


def _seconds(budget: str | None) -> float | None:
    """``10m`` → 600."""
    if budget is None:
        return None
    found = seconds_of(budget)
    if found is None:
        raise AuditBudgetMalformed(budget)
    return found


def _code(safe_share: float | None, wanted: float | None) -> ExitCode:
    """With a bar, the exit code is the answer; nothing measured is no pass."""
    if wanted is None:
        return ExitCode.YES
    if safe_share is None:
        return ExitCode.UNDECIDED
    return ExitCode.YES if safe_share >= wanted else ExitCode.NO
