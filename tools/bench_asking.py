"""What asking costs: ``tdad impact`` with a warm map, and importing the plugin into a run that does not use it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from bench_measure import Cost, median, spend
from bench_recording import MAP_FIRST
from bench_setup import BENCH, Interpreter, folder_of
from subjects import SubjectError

EDITS = {
    "itsdangerous": [("one function", "src/itsdangerous/encoding.py", "def base64_encode(")],
    "networkx": [
        ("one function", "networkx/algorithms/cluster.py", "def transitivity("),
        ("a method that most tests call", "networkx/classes/graph.py", "def add_edge("),
    ],
}


def measure(subject: str, recorded: Interpreter, tool: Interpreter, rounds: int) -> dict[str, Any]:
    """Ask about one-function changes, with the map of the first recording by ``recorded``."""
    folder = folder_of(subject)
    kept = BENCH / "kept" / f"{subject}-{recorded.minor}" / MAP_FIRST / ".tdad"
    if not kept.exists():
        raise SubjectError(f"{subject} is not recorded yet: run --parts recording first")
    shutil.rmtree(folder / ".tdad", ignore_errors=True)
    shutil.copytree(kept, folder / ".tdad")
    asked = {
        kind: _ask(folder, tool, path, function, rounds) for kind, path, function in EDITS[subject]
    }
    shutil.rmtree(folder / ".tdad", ignore_errors=True)
    return {"subject": subject, "python": tool.full, "rounds": rounds, "asked": asked}


def _ask(folder: Path, tool: Interpreter, path: str, function: str, rounds: int) -> dict[str, Any]:
    """Edit the function, ask ``rounds`` times, and put it back."""
    before = (folder / path).read_text(encoding="utf-8")
    (folder / path).write_text(edited(before, function), encoding="utf-8")
    command: list[str | Path] = [tool.python, "-m", "tdad", "impact", "--format", "json"]
    try:
        spend(command, folder)
        costs: list[Cost] = [spend(command, folder) for _ in range(rounds)]
    finally:
        (folder / path).write_text(before, encoding="utf-8")
    answer = json.loads(costs[-1].output[costs[-1].output.index("{") :])
    return {
        "edited": f"{path}::{function.removeprefix('def ').rstrip('(')}",
        "selected": len(answer["tests"]),
        "total": answer["total_tests"],
        "wall_s": [round(one.wall_s, 3) for one in costs],
        "cpu_s": [round(one.cpu_s, 3) for one in costs],
        "wall_median_s": median([one.wall_s for one in costs]),
        "cpu_median_s": median([one.cpu_s for one in costs]),
        "peak_mb": round(max(one.peak_kb for one in costs) / 1024, 1),
    }


def edited(text: str, function: str) -> str:
    """Return ``text`` with a statement added at the end of the body of ``function``."""
    at = text.index(function)
    indent = re.search(r"^[ \t]*", text[text.rfind("\n", 0, at) + 1 :])
    assert indent is not None
    own = indent.group()
    last = at
    for line in re.finditer(r"^(.*)\n", text[text.index("\n", at) + 1 :], re.MULTILINE):
        content = line.group(1)
        if content.strip() and not content.startswith((own + " ", own + ")")):
            last = text.index("\n", at) + 1 + line.start()
            break
    head = text[:last].rstrip("\n")
    return f"{head}\n{own}    unused_by_the_benchmark = 0\n\n\n{text[last:]}"


def import_cost(interpreter: Interpreter, rounds: int) -> dict[str, Any]:
    """Return what ``import tdad.pytest_plugin`` adds to a process that has pytest, in milliseconds of wall time."""
    command: list[str | Path] = [
        interpreter.python,
        "-X",
        "importtime",
        "-c",
        "import pytest, tdad.pytest_plugin",
    ]
    spend(command, BENCH)
    found = []
    for _ in range(max(rounds, 5)):
        lines = spend(command, BENCH).output.splitlines()
        (line,) = [one for one in lines if one.endswith(" tdad.pytest_plugin")]
        found.append(int(line.split("|")[1]) / 1000)
    return {"python": interpreter.full, "ms": median(found), "rounds": len(found)}
