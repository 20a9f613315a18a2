"""What the static index costs, in units of parsing the same files with libcst and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from bench_measure import Cost, median, spend
from bench_setup import BENCH, ROOT, Interpreter, folder_of
from subjects import run

EDIT = b"\n\ndef added_by_the_benchmark():\n    return 1\n"
EDITED = {
    "itsdangerous": "src/itsdangerous/signer.py",
    "click": "src/click/types.py",
    "jinja2": "src/jinja2/utils.py",
    "networkx": "networkx/algorithms/cluster.py",
    "Django": "django/forms/fields.py",
}


def measure(subject: str, tool: Interpreter, rounds: int) -> dict[str, Any]:
    """Return seconds per round of each kind of indexing, and their ratios."""
    found: dict[str, list[Cost]] = {}
    folder = folder_of(subject)
    names = BENCH / f"{subject}.files"
    listed = run(["git", "ls-files", "*.py"], folder)
    names.write_text(listed, encoding="utf-8")
    parse = [tool.python, ROOT / "tools" / "bench_parse.py", names]
    spend(parse, folder)
    for _ in range(rounds):
        found.setdefault("parse", []).append(spend(parse, folder))
        found.setdefault("cold", []).append(_index(subject, tool, "--jobs", "1", fresh=True))
        found.setdefault("two processes", []).append(
            _index(subject, tool, "--jobs", "2", fresh=True)
        )
        found.setdefault("no change", []).append(_index(subject, tool))
        found.setdefault("one file changed", []).append(_with_edit(subject, tool))
        found.setdefault("start-up", []).append(
            spend([tool.python, "-m", "tdad", "--version"], folder)
        )
    shutil.rmtree(folder / ".tdad", ignore_errors=True)
    return {
        "subject": subject,
        "python": tool.full,
        "rounds": rounds,
        "files": len(listed.splitlines()),
        "bytes": sum((folder / name).stat().st_size for name in listed.splitlines()),
        "cpu_s": {name: [round(one.cpu_s, 3) for one in each] for name, each in found.items()},
        "wall_s": {name: [round(one.wall_s, 3) for one in each] for name, each in found.items()},
        "cold_ratio": _ratio(found["cold"], found["parse"]),
        "two_processes_wall": median(
            [
                one.wall_s / two.wall_s
                for one, two in zip(found["cold"], found["two processes"], strict=True)
            ]
        ),
        "two_processes_cpu": _ratio(found["two processes"], found["cold"]),
        "one_file_share": _ratio(found["one file changed"], found["cold"]),
        "no_change_share": _ratio(found["no change"], found["cold"]),
        "start_up_share": _ratio(found["start-up"], found["cold"]),
        "peak_kb": max(one.peak_kb for one in found["cold"]),
    }


def _ratio(some: list[Cost], others: list[Cost]) -> float:
    return median([one.cpu_s / other.cpu_s for one, other in zip(some, others, strict=True)])


def _index(subject: str, tool: Interpreter, *options: str, fresh: bool = False) -> Cost:
    folder = folder_of(subject)
    if fresh:
        shutil.rmtree(folder / ".tdad", ignore_errors=True)
    return spend([tool.python, "-m", "tdad", "index", *options], folder)


def _with_edit(subject: str, tool: Interpreter) -> Cost:
    """Index again after a function was added to one file, which is put back."""
    path: Path = folder_of(subject) / EDITED[subject]
    before = path.read_bytes()
    path.write_bytes(before + EDIT)
    try:
        return _index(subject, tool)
    finally:
        path.write_bytes(before)
        _index(subject, tool)
