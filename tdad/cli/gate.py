"""``tdad gate``: does a change break what worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tdad.cli.durations import seconds_given
from tdad.cli.options import json_option, open_here, python_option, sandbox_option, say
from tdad.errors import (
    ExitCode,
    GateOutputMalformed,
    GateShareMalformed,
    GateVerdictUnknown,
)

if TYPE_CHECKING:
    from tdad.facts_gate import Verdict

FORMATS = ("text", "json", "junit", "markdown", "sarif", "github", "gitlab")
_DEFAULT = ("regression", "new-failing")
_VERDICTS = {
    "regression": "regression",
    "new-failing": "new failing test",
    "flaky": "flaky",
    "new-flaky": "new flaky test",
    "still-failing": "still failing",
    "removed": "removed test",
    "skipped": "skipped now",
    "xfailed": "expected to fail now",
    "xpassed": "passes though expected to fail",
    "order-dependent": "order-dependent",
    "slow": "slow once",
    "not-run": "not run",
}


@click.command(short_help="Does a change break what worked: verdicts from baseline and head.")
@click.option(
    "--base",
    metavar="REV",
    required=True,
    help="Compare with where head left this branch or commit (the merge base).",
)
@click.option("--exact", is_flag=True, help="Compare with the commit REV itself.")
@click.option("--head", metavar="REV", default="HEAD", show_default=True, help="What is judged.")
@click.option(
    "--select",
    "chosen",
    type=click.Choice(["impacted", "all"]),
    default="impacted",
    show_default=True,
    help="Run the tests at risk (by the recorded map, else by the code), or all.",
)
@click.option(
    "--shadow",
    is_flag=True,
    help="Run all, and say what the selection alone would have missed.",
)
@click.option(
    "--sample",
    metavar="SHARE",
    default="0%",
    show_default=True,
    help="Run this share of the other tests by chance, to watch the selection: 5%.",
)
@click.option(
    "--budget",
    metavar="TIME",
    help="For the first run on head, the riskiest tests first: 90s, 5m.  [default: no limit]",
)
@click.option(
    "--reruns",
    metavar="N",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Run what fails so often again, on each side, in new processes.",
)
@click.option(
    "--ask-all",
    is_flag=True,
    help="Ask the baseline about all that ran, not only about what matters: shows all that was fixed.",
)
@click.option(
    "--fail-on",
    metavar="VERDICT[,…]",
    default=",".join(_DEFAULT),
    show_default=True,
    help=f"Fail on these, and in any case on regression: {', '.join(_VERDICTS)}.",
)
@click.option(
    "--suggest",
    is_flag=True,
    help="Search the smallest part of the change without which what is broken passes.",
)
@click.option(
    "--runner",
    metavar="COMMAND",
    help="Instead of pytest: 'python tests/runtests.py {tests}', 'python -m unittest {tests}'.",
)
@click.option(
    "--env-command",
    metavar="COMMAND",
    help="Makes an environment in {env}, for each side, when the change touches what is installed.",
)
@click.option(
    "-n",
    "--workers",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    help="Workers of pytest-xdist for the first run, where the project has it.  [default: none]",
)
@click.option(
    "--test-time",
    metavar="TIME",
    default="10s",
    show_default=True,
    help="A test may take that long, or five times what it took before if that is more.",
)
@sandbox_option
@python_option
@click.option(
    "--policy",
    "policies",
    metavar="KIND=LEVEL",
    multiple=True,
    help="What to do about a finding: off, warn or fail, as [tool.tdad.gate] says it; repeatable.",
)
@click.option(
    "--agent-only",
    is_flag=True,
    help="Judge changes that a coding agent made, by commits, pull request and branch; others pass.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to answer.",
)
@click.option(
    "--output",
    "outputs",
    metavar="FORMAT=FILE",
    multiple=True,
    help="Write the answer into a file as well; repeatable.",
)
@json_option
@click.pass_obj
def gate(
    settings: tuple[str, ...],
    base: str,
    exact: bool,
    head: str,
    chosen: str,
    shadow: bool,
    sample: str,
    budget: str | None,
    reruns: int,
    ask_all: bool,
    fail_on: str,
    suggest: bool,
    runner: str | None,
    env_command: str | None,
    workers: int,
    test_time: str,
    sandbox: str,
    python: str | None,
    policies: tuple[str, ...],
    agent_only: bool,
    form: str,
    outputs: tuple[str, ...],
    as_json: bool,
) -> int:
    """Run head's tests at risk, ask the baseline about what fails, and give each test a verdict.

    Both versions are checked out into private folders and run there, confined; your tree is only
    read, and uncommitted work is not looked at.

    \b
    tdad gate --base origin/main          in CI, on a pull request
    tdad gate --base HEAD^1 --exact       the merge commit that GitHub makes
    tdad gate --base main --budget 5m --sample 5%
    """
    from tdad.report.gate_formats import print_gate_as, write_gate
    from tdad.runner.sandbox import Strictness
    from tdad.workflows.gate import gate as run_gate
    from tdad.workflows.gate_options import GateOptions

    files = [_output(each) for each in outputs]
    project = open_here(settings)
    options = GateOptions(
        base=base,
        head=head,
        exact=exact,
        select=chosen,
        shadow=shadow,
        budget_s=None if budget is None else seconds_given("--budget", budget),
        sample=_share(sample),
        reruns=reruns,
        ask_all=ask_all,
        fail_on=_verdicts(fail_on),
        suggest=suggest,
        runner=runner,
        env_command=env_command,
        workers=workers,
        strictness=Strictness(sandbox),
        python=python,
        policy=policies,
        agent_only=agent_only,
        test_limit_s=seconds_given("--test-time", test_time),
    )
    report = run_gate(project, options, say=say)
    for name, path in files:
        write_gate(report, name, path)
    print_gate_as(report, "json" if as_json else form)
    return _code(str(report.end))


def _code(end: str) -> int:
    return {
        "pass": ExitCode.YES,
        "regression": ExitCode.NO,
        "cannot decide": ExitCode.UNDECIDED,
        "policy violation": ExitCode.POLICY,
    }[end]


def _output(text: str) -> tuple[str, str]:
    """``junit=gate.xml`` → format and file."""
    name, _, path = text.partition("=")
    if name not in FORMATS or not path:
        raise GateOutputMalformed(text, FORMATS)
    return name, path


def _share(text: str) -> float:
    """``5%`` → 0.05."""
    try:
        share = float(text.strip().removesuffix("%")) / (100 if "%" in text else 1)
    except ValueError:
        raise GateShareMalformed(text) from None
    if not 0 <= share <= 1:
        raise GateShareMalformed(text)
    return share


def _verdicts(text: str) -> tuple[Verdict, ...]:
    from tdad.facts_gate import Verdict

    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in _VERDICTS:
            raise GateVerdictUnknown(name, tuple(_VERDICTS))
    # a gate that lets regressions pass is none: who adds a verdict need not name this one
    return tuple(Verdict(_VERDICTS[name]) for name in dict.fromkeys(["regression", *names]))
