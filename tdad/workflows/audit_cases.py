"""Write the case files of what an audit missed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tdad.evaluation.casefiles import Texts, case_file, case_name
from tdad.facts_faults import EVERYTHING, Judged
from tdad.source.mutations import break_file
from tdad.workflows.head import read_bytes


def write_cases(root: Path, folder: Path, judged: Sequence[Judged], seed: int) -> tuple[str, ...]:
    """Write one case file per missed fault into ``folder``; returns their names.

    Args:
        root: An unbroken copy of the project.
        folder: Where they go.
        judged: All trials.
        seed: Of the audit.

    Raises:
        OSError: they cannot be written.
    """
    written = []
    for one in judged:
        fault = one.trial.fault
        before = None if fault is None else read_bytes(root / fault.path)
        if fault is None or before is None or not one.missed:
            continue
        paths = {unit.partition("::")[0] for unit in one.missed if unit != EVERYTHING}
        tests = {
            path: (read_bytes(root / path) or b"").decode("utf-8", "replace") for path in paths
        }
        texts = Texts(
            before.decode("utf-8", "replace"),
            break_file(before, fault).decode("utf-8", "replace"),
            {path: text for path, text in tests.items() if path != fault.path},
        )
        folder.mkdir(exist_ok=True)
        name = f"{case_name(fault)[:120]}.case"
        (folder / name).write_text(case_file(one, fault, texts, seed=seed), encoding="utf-8")
        written.append(name)
    return tuple(written)
