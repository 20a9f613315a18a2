"""``tdad gate``: head's tests at risk are run, the baseline is asked about what failed, each test gets a verdict."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tdad.answers_gate import Chosen, GateEnd, GateReport, Version
from tdad.config import levels_of
from tdad.errors import NotARepository
from tdad.facts import FileVersion
from tdad.facts_flaky import Sample
from tdad.facts_gate import Author, Judged, Level, Verdict
from tdad.gate.history import samples
from tdad.gate.judge import Presence
from tdad.gate.renames import other_parameters, renames_of
from tdad.repo import changed_files
from tdad.repo.git import Git, discover
from tdad.repo.revisions import merge_base, resolve
from tdad.runner.unittests import PATTERNS
from tdad.workflows.audit_pool import interruptible
from tdad.workflows.faults import is_test_code
from tdad.workflows.gate_again import Rerunner
from tdad.workflows.gate_author import author_here
from tdad.workflows.gate_baseline import ask_baseline
from tdad.workflows.gate_cache import Known, environment_key
from tdad.workflows.gate_environment import own_environments
from tdad.workflows.gate_ground import Field, prepared
from tdad.workflows.gate_head import over_budget, run_head
from tdad.workflows.gate_history import keep_history, load_history
from tdad.workflows.gate_imports import strays
from tdad.workflows.gate_missing import hidden_by_missing, notes_of_missing
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.gate_policies import found_by_policies
from tdad.workflows.gate_select import ALL, RECORDED, STATIC, Selected, other_python, select
from tdad.workflows.gate_suggest import suggestions
from tdad.workflows.gate_undecided import last_line, skipped_here, undecided_of
from tdad.workflows.gate_vanished import standing, vanished
from tdad.workflows.gate_verdicts import Heard, gone, judged, uncollected_of
from tdad.workflows.impact import patterns
from tdad.workflows.project import Project

_NOTHING = 5
"""pytest's exit code when no test was run."""
_INSTEAD = "The gate compares two commits: git init && git add --all && git commit, then the change in another commit"
_BASES = {RECORDED: "the recorded map", STATIC: "the code alone", ALL: "nothing else"}
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Question:
    """What is compared."""

    baseline: str
    head: str
    dirty: bool
    author: Author
    folder: str
    """The project's root below the top of the repository; empty: it is the top."""


def gate(project: Project, options: GateOptions, *, say: Say = lambda _text: None) -> GateReport:
    """Decide whether the change from baseline to head breaks what worked. The user's tree is only read.

    Raises:
        TdadError: the versions are not there, another gate runs, no interpreter, no sandbox as asked for.
        OSError: no room.
    """
    began = time.monotonic()
    unused, options = options.unused, options.settled()
    if options.runner:
        ini = replace(  # classes that are no TestCase it does not take for tests, nor functions
            project.config.pytest, python_files=PATTERNS, python_classes=(), python_functions=()
        )
        project = replace(project, config=replace(project.config, pytest=ini))
    question = _question(project, options)
    with (
        interruptible(),
        prepared(project, options, (question.baseline, question.head), say) as sides,
    ):
        if question.baseline == question.head:
            report = _report(sides, options, question, began=began)
            return replace(report, notes=(*report.notes, "baseline and head are the same commit"))
        root = sides.head.root
        files = changed_files(
            root, question.baseline, exact=True, config=replace(project.config, source=())
        )
        if not files or (options.agent_only and not question.author.agent):
            return _unasked(_report(sides, options, question, began=began), files)
        selected = select(project, sides, files, say)
        sides.notes += [*unused, *own_environments(sides, files, say)]
        number = "all" if selected.by == ALL else len(selected.ids)
        say(f"{_tests(number)} at risk, by {_BASES.get(selected.by, selected.by)}")
        heard = _heard(project, sides, options, selected, files=files, say=say)
        report = _report(sides, options, question, heard, files=files, began=began)
        report = _with_history(project, sides, heard, report)
        report = _with_policies(project, sides, heard, report, files=files, say=say)
        if options.suggest and report.regressions:
            found = suggestions(sides, heard, report.tests, options, say)
            report = replace(report, suggestions=found)
        # the policies and the suggestions ran tests, too
        seconds = round(time.monotonic() - began, 3)
        return replace(report, seconds=seconds, baseline_ran=sides.baseline.ran)


def _question(project: Project, options: GateOptions) -> _Question:
    git = _repository(project)
    head = resolve(git, options.head)
    base = resolve(git, options.base)
    baseline = base if options.exact else merge_base(git, base, head, options.base)
    dirty = bool(git.run("status", "--porcelain", "--untracked-files=normal").strip())
    author = author_here(git, baseline, head, project.config.gate, os.environ)
    levels_of(
        project.config.gate, options.policy
    )  # what is wrong with it is said before anything runs
    return _Question(baseline, head, dirty, author, git.prefix)


def _repository(project: Project) -> Git:
    try:
        return discover(project.root)
    except NotARepository as error:
        raise NotARepository(error.path, error.reason, _INSTEAD) from error


def _heard(
    project: Project,
    sides: Field,
    options: GateOptions,
    selected: Selected,
    *,
    files: Sequence[FileVersion],
    say: Say,
) -> Heard:
    """Run head, ask the baseline, run again."""
    found = patterns(project)

    def is_test(path: str) -> bool:
        return path.endswith(".py") and is_test_code(path, found)

    edited = [v.path for v in files if v.new is not None and is_test(v.path)]
    renames = renames_of(
        selected.renamed,
        [(v.old_path, v.path) for v in files if v.old_path and v.old_path != v.path],
    )
    head = run_head(sides.head, options, selected, edited)
    say(f"head: {_tests(len(head.attempts))} ran, {len(head.failing)} failed")
    if not head.began and not head.cut_short:
        head.uncollected[""] = last_line(head.said)
    tests_changed = any(is_test(path) for v in files for path in (v.path, v.old_path or v.path))
    found_nothing = not (head.chosen or head.uncollected or vanished(head, selected))
    quiet = head.exit_code == _NOTHING and found_nothing and not tests_changed
    known = Known.nothing() if quiet else _known(sides)
    baseline = ask_baseline(
        sides.baseline, head, selected, known, renames=renames, changed=files, is_test=is_test
    )
    if baseline.asked:
        say(f"baseline: {_tests(len(baseline.attempts))} ran")
    renames = other_parameters(
        [name for name in baseline.collected if name not in head.collected],
        [name for name in head.collected if baseline.presence(name) is Presence.ABSENT],
        renames,
    )
    history = load_history(project, sides.kept)
    again = Rerunner(
        sides, options, selected, renames, head, baseline, known, history
    ).look_again()
    if known.attempts and baseline.believed:
        known.save()
    deleted = frozenset(v.old_path or v.path for v in files if v.new is None)
    heard = Heard(
        head, baseline, known, again, renames, selected, options,
        left_out=over_budget(options, selected), deleted=deleted, history=history,
    )  # fmt: skip
    return replace(heard, standing=standing(sides.head.root, head, gone(heard), selected, renames))


def _tests(number: int | str) -> str:
    return f"{number} test{'' if number == 1 else 's'}"


def _known(sides: Field) -> Known:
    ground = sides.head.seats.ground
    more = f"{sides.head.options.runner or ''} {sides.head.brought}".strip()
    layer = str(sides.confinement.layer)
    key = environment_key(ground.python.path, ground.python.version, layer, more)
    return Known.load(sides.kept, sides.baseline.commit, key)


def _report(
    sides: Field,
    options: GateOptions,
    question: _Question,
    heard: Heard | None = None,
    *,
    files: Sequence[FileVersion] = (),
    began: float,
) -> GateReport:
    tests = judged(heard) if heard is not None else ()
    selected = heard.selected if heard is not None else Selected("no change")
    changed = frozenset(path for v in files for path in (v.path, v.old_path) if path)
    undecided = undecided_of(heard, tests, changed) if heard is not None else ()
    added = frozenset(v.path for v in files if v.old is None)
    strayed = heard.head.strayed if heard is not None else {}
    undecided = (
        *undecided,
        *hidden_by_missing(sides, tests),
        *strays(strayed, sides.head.files, added),
    )
    heard_of = (*heard.head.notes, *heard.again.notes) if heard is not None else ()
    notes = [*heard_of, *sides.notes]
    if options.select != "all":  # else nothing rests on the selection but the order
        notes = [*selected.notes, *notes]
    if question.dirty and options.head == "HEAD":
        notes.append(
            "your tree has uncommitted work, which the gate does not look at: it compares commits"
        )
    notes += [*notes_of_missing(sides), *skipped_here(tests, selected.before)]
    if sides.head.python:
        notes += other_python(selected.python, sides.head.seats.ground.python.version)
    report = GateReport(
        end=GateEnd.PASSED,
        baseline=Version(options.base, question.baseline, sides.baseline.python),
        head=Version(options.head, question.head, sides.head.python),
        tests=tests,
        uncollected=uncollected_of(heard) if heard is not None else (),
        author=question.author,
        chosen=_chosen(options, heard, tests, selected),
        undecided=undecided,
        notes=tuple(notes),
        catastrophic=heard is not None
        and (heard.again.catastrophic or "" in heard.head.uncollected),
        dirty=question.dirty,
        folder=question.folder,
        changes=len(selected.answer.changes) if selected.answer is not None else len(files),
        sandbox=str(sides.confinement),
        baseline_ran=sides.baseline.ran,
        reruns=sum(test.reruns for test in tests),
    )
    return replace(report, end=end_of(report), seconds=round(time.monotonic() - began, 3))


def _unasked(report: GateReport, files: Sequence[FileVersion]) -> GateReport:
    """Nothing was run: nothing differs, or nobody is to be judged."""
    if not files:
        return report
    note = "nothing says that a coding agent made this change, so it is not judged (--agent-only)"
    return replace(report, notes=(*report.notes, note))


def _with_history(project: Project, sides: Field, heard: Heard, report: GateReport) -> GateReport:
    """Keep what was found out about flaky tests; tell how many are known now."""
    found: dict[str, Sample] = {}
    if heard.baseline.believed:
        found = samples(report.tests, heard.history, heard.fresh(), at=round(time.time(), 3))
    note = keep_history(project, sides.kept, found)
    notes = (*report.notes, note) if note else report.notes
    return replace(report, known_flaky=len({*heard.history, *found}), notes=notes)


def _with_policies(
    project: Project,
    sides: Field,
    heard: Heard,
    report: GateReport,
    *,
    files: Sequence[FileVersion],
    say: Say,
) -> GateReport:
    """Add what the policies find."""
    found = found_by_policies(project, sides, heard, report, files=files, say=say)
    notes = (*report.notes, *found.notes)
    report = replace(report, findings=found.findings, notes=notes)
    return replace(report, end=end_of(report))


def end_of(report: GateReport) -> GateEnd:
    """The answer, by precedence."""
    if report.gating:
        return GateEnd.REGRESSION
    if report.undecided:
        return GateEnd.UNDECIDED
    if any(finding.level is Level.FAIL for finding in report.findings):
        return GateEnd.POLICY
    return GateEnd.PASSED


def _chosen(
    options: GateOptions, heard: Heard | None, tests: Sequence[Judged], selected: Selected
) -> Chosen:
    if heard is None:
        return Chosen(options.select, "no change", 0, 0, 0, partial=False)
    head = heard.head
    late = [test for test in tests if test.verdict is Verdict.NOT_RUN]
    watched = head.sampled & head.attempts.keys()
    missed = tuple(
        test.node_id for test in tests if test.sampled and test.verdict is Verdict.REGRESSION
    )
    ran = len(head.attempts)
    left_out = sum(not test.sampled for test in late)
    return Chosen(
        asked=options.select,
        by=ALL if options.select == "all" and not options.shadow else selected.by,
        total=max(selected.total, len(head.collected)),
        selected=ran - len(watched) + left_out,
        ran=ran,
        partial=bool(left_out),
        not_run=tuple(test.node_id for test in late),
        sampled=len(watched),
        missed=missed,
        shadow=options.shadow,
        time_share=_time_share(heard, selected) if not late or selected.durations else None,
    )


def _time_share(heard: Heard, selected: Selected) -> float | None:
    """Of the tests that ran because they were selected."""
    durations = dict(selected.durations)
    if heard.head.everywhere and len(heard.head.attempts) >= len(durations):
        durations = {name: attempt.duration_s for name, attempt in heard.head.attempts.items()}
    total = sum(durations.values())
    if not total:
        return None
    chosen = set(heard.head.attempts) - heard.head.sampled
    return min(1.0, sum(durations.get(name, 0.0) for name in chosen) / total)
