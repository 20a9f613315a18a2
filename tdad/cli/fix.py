"""``tdad fix``: repair what fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tdad.cli.durations import seconds_given
from tdad.cli.options import json_option, name_of, open_here, python_option, sandbox_option
from tdad.errors import ExitCode, FixContextMalformed, OptionsExclude
from tdad.facts_arms import MODEL_ARMS, PRESETS, SEARCH_ARMS


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
    "--issue",
    metavar="FILE",
    help="Work from this text (- is standard input): a test that reproduces it is written first.",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "model", "search"]),
    default="auto",
    show_default=True,
    help="Who looks for the patch. auto: a model if a server answers, then the search.",
)
@click.option(
    "--base-url",
    metavar="URL",
    help="The model's server.  [default: [[tool.tdad.models]], else the usual local ports]",
)
@click.option("--model", metavar="NAME", help="Its model.  [default: the one that is loaded]")
@click.option(
    "--steps",
    metavar="N",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Turns of the model in one attempt.",
)
@click.option(
    "--context",
    metavar="TOKENS",
    default="32k",
    show_default=True,
    help="Longest conversation, where the server has more.",
)
@click.option(
    "--tokens",
    metavar="N",
    type=click.IntRange(min=1),
    help="At most so many tokens of an endpoint in all.  [default: as its configuration says]",
)
@click.option("--shell", is_flag=True, help="The model may run commands, confined like the tests.")
@click.option(
    "--allow-tests",
    is_flag=True,
    help="The model may edit tests. Measured is with the tests as they were.",
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
    help="For the search, and for each attempt of a model: 90s, 15m, 1h.",
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
    help="Conversations with a model, each anew. Of the search, so many patches are verified.",
)
@click.option(
    "--jobs",
    metavar="J",
    type=click.IntRange(min=1),
    help="Try so many at once.  [default: one per processor]",
)
@sandbox_option
@click.option(
    "--arm",
    "arms",
    metavar="ARM",
    type=click.Choice([*SEARCH_ARMS, *MODEL_ARMS, *PRESETS]),
    multiple=True,
    help=f"Of its engine only this part; may be repeated. Search: {', '.join(SEARCH_ARMS)}. Model:"
    f" {', '.join(MODEL_ARMS)}; A to G: the sets of the comparison.",
)
@click.option(
    "--seed",
    metavar="S",
    type=int,
    default=1,
    show_default=True,
    help="Which failing tests are held back; of the model's first attempt.",
)
@click.option(
    "--formula",
    type=click.Choice(["ochiai", "dstar", "tarantula"]),
    default="ochiai",
    show_default=True,
    help="How suspicious a line is, by the tests that execute it.",
)
@python_option
@click.option("--apply", is_flag=True, help="Put the patch into your tree, if that is unchanged.")
@click.option("--branch", metavar="NAME", help="Commit the patch to a new branch.")
@click.option("--output", metavar="FILE", help="Write the patch to FILE; - is standard output.")
@click.option(
    "--instance",
    metavar="ID",
    help="Name of the case in predictions.jsonl.  [default: the folder's]",
)
@click.option("--resume", metavar="RUN", help="Go on with a run that was stopped.")
@json_option
@click.pass_obj
def fix(
    settings: tuple[str, ...],
    path: Path | None,
    tests: tuple[str, ...],
    issue: str | None,
    engine: str,
    base_url: str | None,
    model: str | None,
    steps: int,
    context: str,
    tokens: int | None,
    shell: bool,
    allow_tests: bool,
    good: str | None,
    budget: str,
    verify: str,
    attempts: int,
    jobs: int | None,
    sandbox: str,
    arms: tuple[str, ...],
    seed: int,
    formula: str,
    python: str | None,
    apply: bool,
    branch: str | None,
    output: str | None,
    instance: str | None,
    resume: str | None,
    as_json: bool,
) -> int:
    """Look for a patch that makes the failing tests pass and breaks no other, and measure it.

    Everything runs in private copies, confined; your tree is only read, unless --apply says so.

    \b
    tdad fix                          what fails, in the project here
    tdad fix --good v1.2 --apply      undo as little as possible since v1.2
    tdad fix --engine model --base-url http://127.0.0.1:8080/v1
    tdad fix --test tests/test_a.py::test_b --output fix.patch
    """
    from tdad.facts_fix import Engine
    from tdad.report.fix import print_fix
    from tdad.report.fix_live import watching
    from tdad.runner.sandbox import Strictness
    from tdad.workflows.fix import fix as run_fix
    from tdad.workflows.fix_deliver import Delivery
    from tdad.workflows.fix_model_issue import issue_text
    from tdad.workflows.fix_model_servers import Wanted
    from tdad.workflows.fix_options import FixOptions, arms_of

    given = [
        name
        for name, there in (("--apply", apply), ("--branch", branch), ("--output", output))
        if there
    ]
    if len(given) > 1:
        raise OptionsExclude(given[0], given[1])
    if issue is not None and engine == "search":
        raise OptionsExclude("--issue", "--engine search")
    if output == "-" and as_json:
        raise OptionsExclude("--output -", "--json")
    time_s, verify_s = seconds_given("--time", budget), seconds_given("--verify-time", verify)
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
        arms=arms_of(arms),
        seed=seed,
        formula=formula,
        delivery=Delivery(
            apply,
            branch,
            output if output in {None, "-"} else str(Path.cwd() / str(output)),
        ),
        wanted=Wanted(base_url, model, _tokens(context), tokens),
        steps=steps,
        shell=shell,
        allow_tests=allow_tests,
        issue=issue_text(issue) if issue is not None else None,
        instance=instance,
    )
    with watching() as (say, pulse):
        report = run_fix(project, options, say=say, pulse=pulse)
    if output != "-":
        print_fix(replace(report, folder=_near(report.folder)), as_json=as_json)
    return _code(str(report.end))


def _near(folder: str) -> str:
    """The folder as it can be typed here, where that is shorter."""
    here = str(Path.cwd())
    return folder[len(here) + 1 :] if folder.startswith(f"{here}/") else folder


def _code(end: str) -> ExitCode:
    return {
        "fixed": ExitCode.YES,
        "not fixed": ExitCode.NO,
        "fixed, broke others": ExitCode.FIX_BROKE_OTHERS,
        "server unusable": ExitCode.SERVER_UNUSABLE,
        "budget ended": ExitCode.FIX_BUDGET_ENDED,
        "interrupted": ExitCode.INTERRUPTED,
    }[end]


def _tokens(text: str) -> int:
    """``32k`` → 32,768."""
    number, unit = (text[:-1], 1024) if text[-1:] in {"k", "K"} else (text, 1)
    if not (number.isascii() and number.isdigit() and int(number)):
        raise FixContextMalformed(text)
    return int(number) * unit
