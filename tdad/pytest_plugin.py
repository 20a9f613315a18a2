"""Hooks only: ``--tdad-map`` records, ``--tdad-select``, ``--tdad-order`` and ``--tdad-limit`` use what was recorded.

Nothing heavy is imported until an option asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tdad.workflows.failed_reports import FailedReports
    from tdad.workflows.recording import Recording
    from tdad.workflows.select import Selection

RECORDING: pytest.StashKey[Recording] = pytest.StashKey()
SELECTION: pytest.StashKey[Selection] = pytest.StashKey()
FAILED: pytest.StashKey[FailedReports] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ``--tdad-*`` options."""
    group = parser.getgroup("tdad", "tests at risk (tdad)")
    group.addoption(
        "--tdad-map",
        action="store_true",
        help="record what every test executes and update the map",
    )
    group.addoption(
        "--tdad-lines",
        action="store_true",
        help="with --tdad-map: record lines instead of functions",
    )
    group.addoption(
        "--tdad-prompt",
        metavar="FILE|-",
        default=None,
        help="with --tdad-map: write for a coding agent what matters for failing tests and the uncommitted change",
    )
    group.addoption(
        "--tdad-select",
        action="store_true",
        help="run only the tests that what changed since they were recorded puts at risk",
    )
    group.addoption(
        "--tdad-base",
        metavar="REV",
        default=None,
        help="with --tdad-select or --tdad-order: compare with where this branch left REV instead",
    )
    group.addoption(
        "--tdad-order", action="store_true", help="run all tests, those most at risk first"
    )
    group.addoption(
        "--tdad-limit",
        metavar="N",
        type=int,
        default=None,
        help="with --tdad-select: at most the N tests most at risk",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, Any, Any]:
    """Start observing before the first conftest is imported."""
    options = early_config.known_args_namespace
    _check(options)
    if options.tdad_map:
        from tdad.workflows.recording import start_recording

        early_config.stash[RECORDING] = _usage(
            lambda: start_recording(_start(early_config), lines=options.tdad_lines)
        )
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Ask the map once for the whole run."""
    options = config.option
    recording = config.stash.get(RECORDING, None)
    if recording is not None:
        config.pluginmanager.register(recording.plugin(), "tdad-recorder")
        if options.tdad_prompt is not None and not hasattr(config, "workerinput"):
            _watch_failures(config)
    if (options.tdad_select or options.tdad_order) and not hasattr(config, "workerinput"):
        from tdad.workflows.select import ask

        config.stash[SELECTION] = _usage(lambda: ask(_start(config), options.tdad_base))


def _watch_failures(config: pytest.Config) -> None:
    """Keep how tests fail, for the prompt."""
    from tdad.workflows.failed_reports import FailedReports

    failed = FailedReports(config.rootpath, config.invocation_params.dir)
    config.stash[FAILED] = failed
    config.pluginmanager.register(failed, "tdad-failures")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the controller's answer to one of xdist's workers, so that all of them select the same tests."""
    selection = node.config.stash.get(SELECTION, None)
    if selection is not None:
        node.workerinput["tdad_selection"] = selection.to_json()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is selected and why, or how to make a map."""
    selection = config.stash.get(SELECTION, None)
    return [] if selection is None else [f"tdad: {line}" for line in selection.header()]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is not at risk; order what is, riskiest first."""
    selection = config.stash.get(SELECTION, None)
    handed = getattr(config, "workerinput", {}).get("tdad_selection")
    if handed is not None:
        from tdad.workflows.select import Selection as Handed

        selection = Handed.from_json(handed)
    if selection is None:
        return
    from tdad.workflows.select import canonical_ids

    ids = dict(zip(items, canonical_ids(config.rootpath, selection.root, items), strict=True))
    if config.option.tdad_select:
        chosen = selection.choose(ids.values(), config.option.tdad_limit)
        kept = [item for item in items if ids[item] in chosen]
        gone = [item for item in items if ids[item] not in chosen]
        if gone:
            items[:] = kept
            config.hook.pytest_deselected(items=gone)
    if config.option.tdad_order or config.option.tdad_limit is not None:
        items.sort(key=lambda item: selection.position(ids[item]))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Nothing at risk is an answer, not a failure to collect: the exit code is 0."""
    selection = session.config.stash.get(SELECTION, None)
    if (
        exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
        and session.config.option.tdad_select
        and selection is not None
        and not selection.everything
        and not selection.ranked
    ):
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """After a recording: what the map holds, and which tests the current change puts at risk."""
    selection = config.stash.get(SELECTION, None)
    if selection is not None and _is_quiet(config):
        for line in selection.header():
            terminalreporter.write_line(f"tdad: {line}")
    note = _finish(config)
    if note:
        terminalreporter.section("tdad")
        for line in note.splitlines():
            terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Finish the recording also when no terminal asked for its summary."""
    note = _finish(config)
    if note:
        sys.stderr.write(f"tdad: {note}\n")
    selection = config.stash.get(SELECTION, None)
    if selection is not None and selection.everything and not _has_terminal(config):
        sys.stderr.write("".join(f"tdad: {line}\n" for line in selection.header()))


def _is_quiet(config: pytest.Config) -> bool:
    """Whether pytest shows no header, so that what belongs there is said at the end."""
    return config.option.verbose < 0 or bool(getattr(config.option, "no_header", False))


def _has_terminal(config: pytest.Config) -> bool:
    return config.pluginmanager.hasplugin("terminal")


def _start(config: pytest.Config) -> Path:
    """Where to look for the project from: where the user stands, unless that has nothing to do with the tests."""
    here, rootdir = config.invocation_params.dir.resolve(), config.rootpath.resolve()
    return here if here.is_relative_to(rootdir) else rootdir


def _finish(config: pytest.Config) -> str:
    """Stop recording and update the map, once; the text for the user."""
    recording = config.stash.get(RECORDING, None)
    if recording is None or hasattr(config, "workerinput"):
        return ""
    del config.stash[RECORDING]
    note = recording.finish()
    failed = config.stash.get(FAILED, None)
    if failed is None:
        return note
    from tdad.workflows.map_prompt import prompt_note

    return f"{note}\n{prompt_note(recording.project, failed, config.option.tdad_prompt)}".strip()


def _check(options: Any) -> None:
    """Refuse combinations that mean nothing.

    Raises:
        pytest.UsageError: with what to type instead.
    """
    wrong = ""
    if options.tdad_limit is not None and options.tdad_limit < 1:
        wrong = "--tdad-limit takes a number from 1 up: pytest --tdad-select --tdad-limit 10"
    elif options.tdad_limit is not None and not options.tdad_select:
        wrong = f"--tdad-limit goes with --tdad-select: pytest --tdad-select --tdad-limit {options.tdad_limit}"
    elif options.tdad_base is not None and not (options.tdad_select or options.tdad_order):
        wrong = f"--tdad-base goes with --tdad-select: pytest --tdad-select --tdad-base {options.tdad_base}"
    elif options.tdad_lines and not options.tdad_map:
        wrong = "--tdad-lines goes with --tdad-map: pytest --tdad-map --tdad-lines"
    elif options.tdad_prompt is not None and not options.tdad_map:
        wrong = f"--tdad-prompt goes with --tdad-map: pytest --tdad-map --tdad-prompt {options.tdad_prompt}"
    elif options.tdad_map and (options.setuponly or options.setupplan):
        wrong = "--tdad-map needs the tests to run, without --setup-only and --setup-plan: pytest --tdad-map"
    if wrong:
        raise pytest.UsageError(f"tdad: {wrong} [usage]")


def _usage(action: Any) -> Any:
    """Run ``action``; what the user can put right becomes pytest's usage error."""
    from tdad.errors import TdadError

    try:
        return action()
    except TdadError as error:
        raise pytest.UsageError(f"tdad: {error} [{error.slug}]") from None
