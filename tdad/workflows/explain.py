"""``tdad explain``: the whole chain to one test, also when it is not selected."""

from __future__ import annotations

from tdad.answers import Explanation
from tdad.errors import TdadError
from tdad.facts import Impact
from tdad.graph.impacts.explain import explain_test
from tdad.workflows.environment import environment_there
from tdad.workflows.impact import Asked, ChangeOptions, Surroundings, asking
from tdad.workflows.project import Project


class TestUnknownError(TdadError):
    """No test of that name is recorded or written."""

    slug = "test-unknown"

    def __init__(self, node_id: str, near: str) -> None:
        self.node_id = node_id
        hint = f"Did you mean {near}?" if near else "List them:"
        super().__init__(f"no test {node_id} in the map. {hint} pytest --collect-only -q")


def explain(
    project: Project,
    node_id: str,
    options: ChangeOptions,
    surroundings: Surroundings = environment_there,
) -> Explanation:
    """Why the change puts the test at risk, or why each change is safe for it.

    Raises:
        TestUnknownError: no such test.
        TdadError: there is no map, or the change cannot be read.
    """
    with asking(project, options, surroundings) as asked:
        node_id = _instance(asked, node_id)
        selected = [i for i in asked.answer.impacts if _same(i.node_id, node_id)]
        recorded = asked.recorded
        if asked.world is None or recorded is None or node_id not in recorded.tests:
            if not selected and (recorded is not None or not _is_written(asked, node_id)):
                raise TestUnknownError(node_id, _near(asked, node_id))
            return _without_record(asked, node_id, selected)
        reaching, safe = explain_test(asked.world, asked.changed.changes, node_id)
    first: Impact | None = selected[0] if selected else None
    if first is None and reaching:
        safe = [
            *safe,
            *(
                (_label(i), "an earlier record of this test fits all that it depends on now")
                for i in reaching
            ),
        ]
        reaching = []
    others = tuple(i for i in reaching if first is None or i.change != first.change)
    return Explanation(node_id, first is not None, first, others, tuple(safe))


def _without_record(asked: Asked, node_id: str, selected: list[Impact]) -> Explanation:
    """For a test that has no record: new, or nothing is recorded at all."""
    if selected or asked.static is None:
        return Explanation(node_id, bool(selected), selected[0] if selected else None, (), ())
    safe = asked.static.why_safe(node_id.partition("[")[0], asked.changed.changes)
    return Explanation(node_id, False, None, (), tuple(safe))


def _label(impact: Impact) -> str:
    return impact.because.partition(",")[0]


def _same(selected: str, node_id: str) -> bool:
    return selected == node_id or selected == node_id.partition("[")[0]


def _instance(asked: Asked, node_id: str) -> str:
    """The recorded test that is meant: of a parametrised function one that is selected, else its first."""
    if asked.recorded is None or node_id in asked.recorded.tests or "[" in node_id:
        return node_id
    instances = [name for name in asked.recorded.tests if name.partition("[")[0] == node_id]
    selected = {impact.node_id for impact in asked.answer.impacts}
    return next((name for name in instances if name in selected), (instances or [node_id])[0])


def _is_written(asked: Asked, node_id: str) -> bool:
    """Without a recording: the test is written somewhere."""
    path, _, rest = node_id.partition("::")
    facts = asked.changed.head.get(path)
    wanted = rest.partition("[")[0].replace("::", ".")
    return facts is not None and any(d.qualname == wanted for d in facts.definitions)


def _near(asked: Asked, node_id: str) -> str:
    from difflib import get_close_matches

    names = list(asked.recorded.tests) if asked.recorded is not None else []
    same_file = [name for name in names if name.partition("::")[0] == node_id.partition("::")[0]]
    return next(iter(get_close_matches(node_id, same_file or names, n=1, cutoff=0.6)), "")
