"""What a change does besides breaking code → findings, each with what the project wants done about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tdad.facts import PASSING, Answer, Change, ChangeKind, FileVersion, Site
from tdad.facts_checks import Weakening
from tdad.facts_gate import (
    POLICIES,
    Asked,
    Finding,
    Judged,
    Level,
    PolicyKind,
    Uncollected,
    Verdict,
)
from tdad.gate.aware import aware_of_tests
from tdad.gate.files import edited_files
from tdad.gate.rows import HELD_BACK, HOLLOW
from tdad.gate.tests_changed import Compared


@dataclass(frozen=True, slots=True)
class PolicyQuestion:
    """All that the policies look at."""

    files: tuple[FileVersion, ...] = ()
    """From baseline to head."""
    asked: Asked = field(default_factory=lambda: Asked(()))
    answer: Answer | None = None
    """Which tests the change puts at risk."""
    levels: Mapping[PolicyKind, Level] = field(default_factory=dict)
    """Of what is not in it the default."""
    compared: Compared = field(default_factory=Compared)
    """The tests of both versions, side by side."""
    not_run: tuple[tuple[Site, str], ...] = ()
    """Changed statements that no test runs: where, and in which definition."""
    not_found: Mapping[str, int] = field(default_factory=dict)
    """Test files that pytest finds no more by itself → how many tests it found there."""
    is_test: Callable[[str], bool] = lambda _path: False
    """Whether a path is code of the tests."""


@dataclass(frozen=True, slots=True)
class _Found:
    kind: PolicyKind
    path: str
    line: int
    message: str
    test: str = ""
    detail: str = ""
    certain: bool = True


def findings(question: PolicyQuestion) -> tuple[Finding, ...]:
    """Return what the policies find: what fails first, then by path and line; what is off is left out."""
    found = [
        *_of_tests(question),
        *_not_found(question.not_found),
        *_crossed(question),
        *_unreached(question.answer, question.is_test),
        *_not_run(question),
        *_aware(question),
        *(_Found(*each) for each in edited_files(question.files)),
        *_catastrophe(question.asked),
    ]
    result = []
    for each in dict.fromkeys(found):
        level = question.levels.get(each.kind, POLICIES[each.kind].default)
        if level is Level.FAIL and not each.certain:
            level = Level.WARN
        if level is not Level.OFF:
            result.append(
                Finding(
                    each.kind, level, each.path, each.line, each.message, each.test, each.detail
                )
            )
    return tuple(
        sorted(
            result, key=lambda f: (f.level is not Level.FAIL, f.path, f.line, f.kind, f.message)
        )
    )


def definition_of(node_id: str) -> str:
    """Return ``path::qualname`` of a node id: its parameters left out."""
    path, _, names = node_id.partition("::")
    return f"{path}::{names.partition('[')[0].replace('::', '.')}"


def node_id_of(definition: str) -> str:
    """Return the node id without parameters of ``path::qualname``."""
    path, _, qualname = definition.partition("::")
    return f"{path}::{qualname.replace('.', '::')}" if qualname else ""


# ------------------------------------------------------------------------------------------------ tests


_BY_VERDICT = {
    Verdict.REMOVED: PolicyKind.REMOVED_TEST,
    Verdict.SILENCED: PolicyKind.SKIPPED_TEST,
    Verdict.EXCUSED: PolicyKind.EXCUSED_TEST,
}
_TOLD = frozenset({HELD_BACK, HOLLOW})
"""What is said of tests of these rows is their note."""
_WORDS = {
    Verdict.REMOVED: "the test is gone",
    Verdict.SILENCED: "the test passed before and is skipped now",
    Verdict.EXCUSED: "the test passed before and is expected to fail now",
}


def _of_tests(question: PolicyQuestion) -> Iterator[_Found]:
    """Yield what the texts of the tests show, then what only running them shows."""
    seen = {
        (_BY_VERDICT[test.verdict], definition_of(test.node_id))
        for test in question.asked.judged
        if test.verdict in _BY_VERDICT
    }
    places = {(kind, definition.partition("::")[0]) for kind, definition in seen}
    said: set[tuple[PolicyKind, str]] = set()
    files: set[tuple[PolicyKind, str]] = set()
    for each in question.compared.weakenings:
        said.add((each.kind, each.test))
        if not each.test:
            files.add((each.kind, each.path))
        happened = (
            (each.kind, each.test) in seen if each.test else (each.kind, each.path) in places
        )
        yield _weakened(each, happened=happened)
    gone = _count(question.asked.judged, {Verdict.REMOVED})
    come = _count(
        question.asked.judged, {Verdict.NEW_PASSING, Verdict.NEW_FAILING, Verdict.NEW_FLAKY}
    )
    running = {
        definition_of(test.node_id)
        for test in question.asked.judged
        if test.verdict is not Verdict.REMOVED
    }
    shortened = {w.test for w in question.compared.weakenings if "parameters" in w.message}
    for test in question.asked.judged:
        kind = _BY_VERDICT.get(test.verdict)
        definition = definition_of(test.node_id)
        if kind is None or (kind, definition) in said or (kind, _path(test.node_id)) in files:
            continue
        if kind is PolicyKind.REMOVED_TEST and (
            definition in question.compared.moved
            or definition in shortened
            or (PolicyKind.SKIPPED_TEST, definition) in said
            or (_is_parametrised(test) and come[definition] >= gone[definition])
        ):
            continue
        if kind is PolicyKind.SKIPPED_TEST and definition in question.compared.moved:
            continue  # held back, for its checks are in another test
        said.add((kind, definition))
        yield _judged(kind, test, partly=definition in running)


def _count(judged: Iterable[Judged], verdicts: Collection[Verdict]) -> Counter[str]:
    """How many sets of parameters of each definition have one of some verdicts."""
    return Counter(definition_of(test.node_id) for test in judged if test.verdict in verdicts)


def _is_parametrised(test: Judged) -> bool:
    return test.node_id.endswith("]")


def _path(node_id: str) -> str:
    return node_id.partition("::")[0]


def _weakened(each: Weakening, *, happened: bool) -> _Found:
    lines = [f"- {each.old}"] if each.old else []
    lines += [f"+ {each.new}"] if each.new else []
    return _Found(
        each.kind,
        each.path,
        each.line,
        each.message,
        node_id_of(each.test),
        "\n".join(lines),
        each.certain or happened,
    )


def _judged(kind: PolicyKind, test: Judged, *, partly: bool) -> _Found:
    reason = test.failure.message if test.failure is not None else ""
    line = test.site.line if test.site is not None else 0
    return _Found(
        kind,
        _path(test.node_id),
        line,
        _what(test, partly=partly),
        test.node_id.partition("[")[0],
        reason if test.verdict is not Verdict.REMOVED else "",
    )


def _what(test: Judged, *, partly: bool) -> str:
    if test.row in _TOLD:
        return test.note
    if partly and test.verdict is Verdict.REMOVED:
        return "sets of parameters of the test are gone"
    return _WORDS[test.verdict]


def _not_found(files: Mapping[str, int]) -> Iterator[_Found]:
    for path, number in files.items():
        tests = f"{number} tests" if number != 1 else "1 test"
        what = f"pytest does not find its {tests} any more by itself; see its settings and the conftest files"
        yield _Found(PolicyKind.SKIPPED_TEST, path, 0, what)


def _crossed(question: PolicyQuestion) -> Iterator[_Found]:
    """Row 27: the baseline's version of an edited test fails with the new code, head's version does not."""
    head = {test.node_id: test for test in question.asked.judged}
    found: dict[str, list[str]] = {}
    for node_id, attempt in sorted(question.asked.crossed.items()):
        if not attempt.failing:
            continue
        now = head.get(node_id)
        if now is not None and now.baseline and now.baseline[0].status not in PASSING:
            continue
        if now is not None and now.head and now.head[-1].failing:
            continue  # that is a regression, and said so
        found.setdefault(node_id.partition("[")[0], []).append(attempt.message)
    for test, messages in found.items():
        number = f" ({len(messages)} sets of parameters)" if len(messages) > 1 else ""
        yield _Found(
            PolicyKind.EXPECTATION_CHANGED,
            _path(test),
            0,
            f"the baseline's version of the test fails with the new code{number}",
            test,
            messages[0],
        )


# ------------------------------------------------------------------------------------------- everything else


def _unreached(answer: Answer | None, is_test: Callable[[str], bool]) -> Iterator[_Found]:
    if answer is None:
        return
    changes: dict[str, Change] = {}
    for change in answer.changes:
        changes.setdefault(change.definition, change)
    for definition in answer.unreached:
        known = changes.get(definition)
        path, _, qualname = definition.partition("::")
        if is_test(path) or (known is not None and known.kind is ChangeKind.REMOVED):
            continue
        line = known.new[0].first if known is not None and known.new else 0
        what = f"{qualname} was" if qualname else "the file was"
        kind = known.kind if known is not None else ChangeKind.EDITED
        yield _Found(
            PolicyKind.UNREACHED_CODE, path, line, f"{what} {kind}, and no test reaches it"
        )


def _not_run(question: PolicyQuestion) -> Iterator[_Found]:
    whole = frozenset(question.answer.unreached) if question.answer is not None else frozenset()
    for site, definition in question.not_run:
        if definition not in whole and not question.is_test(site.path):
            qualname = definition.partition("::")[2]
            what = f"no test runs the changed lines of {qualname}, though some run the function"
            yield _Found(PolicyKind.UNREACHED_CODE, site.path, site.line, what)


def _aware(question: PolicyQuestion) -> Iterator[_Found]:
    for path, line, word in aware_of_tests(question.files, question.is_test):
        what = f"the code asks whether tests run it: {word}"
        yield _Found(PolicyKind.TEST_AWARE, path, line, what)


def _catastrophe(asked: Asked) -> Iterator[_Found]:
    for each in asked.uncollected:
        if not each.before:
            yield _Found(
                PolicyKind.CATASTROPHIC, each.path, 0, _uncollected(each), detail=each.message
            )
    if asked.catastrophic:
        yield _Found(
            PolicyKind.CATASTROPHIC,
            "",
            0,
            "more than half of what passed before and was run fails",
        )


def _uncollected(each: Uncollected) -> str:
    number = "1 test" if each.tests == 1 else f"{each.tests} tests"
    tests = f" ({number})" if each.tests else ""
    return f"its tests cannot be collected any more{tests}"
