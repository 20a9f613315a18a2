"""One run of tests in the sandbox; outcomes come by a sealed channel, so that no test can say how another ended."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from tdad.facts_gate import Setting
from tdad.runner.captured import catch
from tdad.runner.channel import Channel
from tdad.runner.confined import Cell
from tdad.runner.sandbox import confined
from tdad.runner.suite import INJECT, SuiteOptions, environment_of, python_path
from tdad.runner.unittests import command
from tdad.runner.witness_read import Witnessed, read_witness

INJECT_UNITTEST = str(Path(__file__).parent / "inject_unittest")
PLUGIN = "tdad_witness"
_ALWAYS = ("-p", PLUGIN, "--continue-on-collection-errors", "--maxfail=0", "-q", "--tb=short")
_SAME_ORDER = ("-p", "no:randomly", "-p", "no:random_order")
"""An order that is another one every time makes two runs that cannot be compared."""
_HASH_SEED = "PYTHONHASHSEED"
_PATIENCE, _MARGIN_S = 12, 10.0
"""As the witness has it: so many times its limit a test may wait; and a moment for the process to end it by itself."""
_LONGEST_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tests a run shall choose among those that are collected, and in which order."""

    ids: tuple[str, ...] = ()
    """Node ids; one without parameters stands for all of them, and a file for all that is in it."""
    everything: bool = False
    files: tuple[str, ...] = ()
    """All tests of these."""
    beside: tuple[str, ...] = ()
    """Of these files the tests that are not in ``known``; ``*``: of all files."""
    known: tuple[str, ...] = ()
    spots: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Node id with parameters → its place among how many sets of its function: found by that if not by its id."""
    loose: bool = False
    """Of a set of parameters that is not there (and has no spot) all sets of its function are run."""
    sample: float = 0.0
    """Share of the other tests that is run by chance."""
    seed: str = ""
    hash_seed: int = 0
    """Of the hashes of strings, and so of the order of sets; ``PYTHONHASHSEED`` of the surroundings goes before."""
    order: str = "collected"
    """``collected``, ``given`` (as in ``ids``), ``ranked`` (files in that order), ``shuffled`` (by the seed)."""
    look_into: tuple[str, ...] = ()
    """Files that pytest is given; empty: it looks where it is configured to."""
    budget_s: float | None = None
    """After so many seconds of tests no further one begins, in each process."""
    setting: Setting = Setting.SUITE
    limits: Mapping[str, float] = field(default_factory=dict)
    """Node id → seconds."""
    runner: str = ""
    """Command line of a runner of unittest's tests; empty: pytest."""
    own: Mapping[str, str] = field(default_factory=dict)
    """Top-level package that must be imported from the folder of the run → the folder in it that has it."""


def run_witnessed(
    root: Path,
    options: SuiteOptions,
    scratch: Path,
    cell: Cell,
    *,
    around: Path,
    wanted: Wanted,
    stop: Event | None = None,
) -> Witnessed:
    """Run pytest in ``root``, confined, and wait for it.

    Args:
        root: Where it runs.
        options: With what; ``limits`` is not read (``wanted`` has them).
        scratch: A private folder: home, temporary files, settings.
        cell: How it is confined.
        around: The copy that ``root`` is in; all of it may be written.
        wanted: Which tests.
        stop: Once set, the run is ended.

    Raises:
        OSError: the interpreter does not start.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    channel = Channel()
    hang = _Hang(channel, wanted.limits, options.limit_s)
    try:
        caught = catch(
            confined(_command(options, wanted), cell.policy(around, scratch), cell.confinement),
            cwd=root,
            environ=environment_of(
                options, scratch, _variables(root, options, wanted, scratch, channel)
            ),
            timeout_s=options.timeout_s or _LONGEST_S,
            wanted=lambda: not (hang() or (stop is not None and stop.is_set())),
            pass_fds=channel.pass_fds,
            started=channel.listen,
        )
    finally:
        channel.close()
    return read_witness(
        channel.messages.said,
        setting=wanted.setting,
        process_code=caught.exit_code,
        wall_s=caught.duration_s,
        cut_short=(caught.timed_out or caught.stopped) and not hang.seen,
        hung=hang.seen,
        forged=channel.messages.forged,
        output=caught.output[-4000:].strip(),
        root=str(root),
    )


@dataclass
class _Hang:
    """Tells whether a test is stuck where its own process cannot end it: in C code, or waiting for what never comes."""

    channel: Channel
    limits: Mapping[str, float]
    limit_s: float
    seen: bool = False

    def __call__(self) -> bool:
        messages = self.channel.messages
        limit = self.limits.get(messages.current, self.limit_s)
        if limit and messages.current:
            self.seen |= time.monotonic() - messages.heard_at > _PATIENCE * limit + _MARGIN_S
        return self.seen


def _command(options: SuiteOptions, wanted: Wanted) -> list[str]:
    if wanted.runner:
        return command(wanted.runner, options.python, wanted.ids or wanted.look_into)
    start = [options.python, "-m", "pytest", *_ALWAYS, *_SAME_ORDER, *options.arguments]
    return [*start, *wanted.look_into]


def _variables(
    root: Path, options: SuiteOptions, wanted: Wanted, scratch: Path, channel: Channel
) -> dict[str, str]:
    seen = python_path(options.pythonpath)
    settings = {
        "root": str(root),
        "pythonpath": seen,
        "foreign_root": options.foreign_root,
        "limit_s": options.limit_s,
        "limits": dict(wanted.limits),
        "own": dict(wanted.own),
        "wanted": _document(wanted),
    }
    file = scratch / "wanted.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    order = {"say": channel.say, "key": channel.key, "settings": str(file)}
    inject = INJECT_UNITTEST if wanted.runner else INJECT
    path = os.pathsep.join([*options.front, inject, *filter(None, [seen])])
    ours = {"TDAD_WITNESS": json.dumps(order), "PYTHONPATH": path}
    seed = os.environ.get(_HASH_SEED, str(wanted.hash_seed))
    return {_HASH_SEED: seed, **options.environ, **ours}


def _document(wanted: Wanted) -> dict[str, object]:
    names = (
        "ids",
        "everything",
        "files",
        "beside",
        "known",
        "spots",
        "loose",
        "sample",
        "seed",
        "order",
        "budget_s",
    )
    return {name: getattr(wanted, name) for name in names}
