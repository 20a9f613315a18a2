"""Test files that pytest finds on the baseline, and on head no longer, when it is given none: settings decide that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tdad.facts import FileVersion
from tdad.facts_gate import PolicyKind
from tdad.gate.files import edited_files
from tdad.runner.witnessed import Wanted
from tdad.workflows.gate_ground import Field, Side
from tdad.workflows.gate_head import wanted_time
from tdad.workflows.gate_verdicts import Heard

_DECIDING = frozenset({PolicyKind.SETTINGS_EDITED, PolicyKind.CONFTEST_EDITED})


def not_found_any_more(
    sides: Field, heard: Heard, files: Sequence[FileVersion]
) -> Mapping[str, int]:
    """Path on head → how many tests the baseline's pytest finds there.

    The tests at risk were run by the names of their files, which pytest takes even where its settings say otherwise.
    Where it was given none, what is missing has a verdict of its own.

    Args:
        sides: Both.
        heard: What was heard.
        files: From baseline to head.

    Raises:
        TdadError: a side cannot be run.
    """
    deciding = any(kind in _DECIDING for kind, *_ in edited_files(files))
    if not deciding or heard.head.everywhere or heard.options.runner or not heard.head.began:
        return {}
    now = _found(sides.head)
    if now is None:
        return {}
    before = _found(sides.baseline)
    missing = {}
    for path, number in (before or {}).items():
        here = heard.renames.heads.get(path, path)
        if here not in now and (sides.head.root / here).is_file():
            missing[here] = number
    return missing


def _found(side: Side) -> Mapping[str, int] | None:
    """Path → number of tests, and 0 for what cannot be collected; ``None`` when pytest did not get that far."""
    run = side.run(Wanted(), timeout_s=wanted_time(side.options))
    if not run.began or run.cut_short or run.exit_code not in {0, 1, 5}:
        return None
    found = Counter(name.partition("::")[0] for name in run.collected)
    return {**dict.fromkeys(run.uncollected, 0), **found}
