"""Measure one trial: the truth from the whole suite, and what each strategy would have run. One file per trial.

Everything about a trial is kept in ``.bench/accuracy/trials/SUBJECT/KEY.json``, selections as positions in the suite,
so that a stopped benchmark goes on where it was, and tdad can be asked again without running the suites again.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from accuracy_outcomes import HUNG
from accuracy_record import MAP, STATIC_MAP, TESTMON, contexts, load_suite, recorded
from accuracy_run import Suite, edited, failing, suite
from accuracy_setup import ACCURACY, project, pytest, surroundings
from accuracy_trials import Trial
from bench_setup import ROOT

from tdad.evaluation.strategies import (
    Contexts,
    Paper,
    Touched,
    by_file,
    by_function,
    from_changes,
    import_closure,
    paper_strategy,
    same_names,
)
from tdad.facts import FileFacts
from tdad.source import compare_all
from tdad.source import index as facts_of

ALL, NAMES, CLOSURE, PAPER = "all tests", "same-name files", "import closure", "paper"
PAPER_COVERAGE = "paper with coverage"
TESTMON_WAY = "testmon"
BY_FILE, BY_FUNCTION = "coverage by file", "coverage by function"
RECORDED, STATIC = "tdad", "tdad without recording"
ALLOWANCE_S, TIMES = 60.0, 8
"""A run may take ``TIMES`` what the unchanged suite took, and this much more."""
SLACK_S = 300.0
NOT_OF_OTHERS = ("-W", "ignore::pytest.PytestUnraisableExceptionWarning")
"""For the second run: what an earlier test left behind may be collected, and be an error, while any test runs."""


@dataclass(eq=False)
class Bench:
    """One subject, with everything that is the same for all its trials."""

    name: str
    features: bool = False
    """Also ask for what a ranking can go by."""
    before: Suite = field(init=False)

    def __post_init__(self) -> None:
        self.before = load_suite(self.name)
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def folder(self) -> Path:
        """Where the trials are kept."""
        return ACCURACY / "trials" / self.name

    @cached_property
    def node_ids(self) -> tuple[str, ...]:
        """The suite, in its order."""
        return tuple(self.before.ends)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Node id → position."""
        return {node_id: at for at, node_id in enumerate(self.node_ids)}

    @cached_property
    def variants(self) -> Mapping[str, list[int]]:
        """Test function → positions of its node ids."""
        found: dict[str, list[int]] = {}
        for at, node_id in enumerate(self.node_ids):
            found.setdefault(node_id.partition("[")[0], []).append(at)
        return found

    @cached_property
    def files(self) -> Mapping[str, FileFacts]:
        """Path → facts of every Python file of the unchanged subject."""
        root = project(self.name)
        paths = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.py"))]
        return {path: facts_of(path, (root / path).read_bytes()) for path in paths}

    @cached_property
    def contexts(self) -> Contexts:
        """What each test executed, as coverage saw it."""
        return contexts(self.name)

    @cached_property
    def paper(self) -> Paper:
        """The paper's graph."""
        return Paper.of(self.node_ids, self.files)

    def positions(self, selected: Iterable[str]) -> list[int]:
        """Positions of node ids, best first; a test function stands for all its parameters; others are not known."""
        found: dict[int, None] = {}
        for node_id in selected:
            exact = self.places.get(node_id)
            for at in [exact] if exact is not None else self.variants.get(node_id, ()):
                found.setdefault(at)
        return list(found)


def measure(bench: Bench, trial: Trial, *, again: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Measure what is not known of a trial yet, keep it and return it.

    ``again``: the parts to measure anew (``truth``, ``testmon``, ``tdad``, ``pure``).
    """
    file = bench.folder / f"{trial.key}.json"
    known: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    kept = {part: value for part, value in known.items() if part not in again}
    found = kept | {"key": trial.key, "kind": trial.kind, "where": trial.where, "what": trial.what}
    parts = {"truth": _truth, "testmon": _testmon, "tdad": _tdad}
    missing = [part for part in parts if part not in found]
    if missing:
        with edited(bench.name, trial.files):
            for part in missing:
                if part == "truth" or found["truth"].get("failing"):
                    found[part] = parts[part](bench)
        if _misses(found) and not found["truth"].get("confirmed"):
            with edited(bench.name, trial.files):
                again_failing = set(_truth(bench, *NOT_OF_OTHERS).get("failing", ()))
            failing_twice = [at for at in found["truth"]["failing"] if at in again_failing]
            found["truth"] = {"failing": failing_twice, "confirmed": True}
    if found["truth"].get("failing") and "pure" not in found:
        found["pure"] = _pure(bench, trial)
    file.write_text(json.dumps(found), encoding="utf-8")
    return found


def _misses(found: Mapping[str, Any]) -> bool:
    """Tell whether the recorded map missed a failing test: then the truth is asked for a second time, for everybody."""
    failing_once = found["truth"].get("failing")
    return bool(failing_once) and not set(failing_once) <= set(
        found["tdad"]["recorded"]["selected"]
    )


def _truth(bench: Bench, *options: str) -> dict[str, Any]:
    """Which tests fail. ``left out`` says why there is no truth."""
    limit_s = bench.before.wall_s * TIMES + ALLOWANCE_S
    after = suite(bench.name, limit_s, "-p", "no:cacheprovider", *options)
    if after is None:
        return {"left out": "it hangs or the process dies"}
    if after.hung >= HUNG:
        return {"left out": "many tests hang"}
    if not after.ends:
        return {"left out": "pytest cannot start: no selection could miss it"}
    return {"failing": sorted(bench.places[each] for each in failing(bench.before, after))}


def _testmon(bench: Bench) -> dict[str, Any]:
    """Return what testmon itself would run, with the database of the unchanged subject.

    A file that it wants to collect and that cannot be collected makes its run fail: the tests in it count as selected.
    """
    root = project(bench.name)
    shutil.copy2(recorded(bench.name).testmon, root / TESTMON)
    options = [
        "--testmon",
        "--testmon-nocollect",
        "--collect-only",
        "--continue-on-collection-errors",
    ]
    done = subprocess.run(
        [*pytest(bench.name), *options],
        cwd=root,
        env=surroundings(bench.name),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SLACK_S,
    )
    for file in root.glob(f"{TESTMON}*"):
        file.unlink()
    lines = done.stdout.splitlines()
    broken = {each.split()[1] for each in lines if each.startswith("ERROR ")}
    selected = [each for each in bench.node_ids if each.partition("::")[0] in broken]
    selected += [each for each in lines if "::" in each and not each.startswith("ERROR ")]
    return {"exit": done.returncode, "selected": bench.positions(selected)}


def _tdad(bench: Bench) -> dict[str, Any]:
    """Return tdad's answers from its recorded map and from the index alone."""
    root, files = project(bench.name), recorded(bench.name)
    for source, to in ((files.map, MAP), (files.static_map, STATIC_MAP)):
        (root / to).parent.mkdir(exist_ok=True)
        shutil.copy2(source, root / to)
    began = time.monotonic()
    script = [ROOT / "tools" / "accuracy_ask.py", root]
    done = subprocess.run(
        [sys.executable, *script, *(["--features"] if bench.features else [])],
        cwd=root,
        env=surroundings(bench.name),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SLACK_S,
    )
    if done.returncode:
        raise RuntimeError(f"tdad could not answer: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    found["seconds"] = round(time.monotonic() - began, 2)
    for way in ("recorded", "static"):
        found[way]["selected"] = bench.positions(found[way].pop("tests"))
    return found


def _pure(bench: Bench, trial: Trial) -> dict[str, list[int]]:
    """Return the selections that follow from facts alone."""
    touched = _touched(bench, trial)
    ids = bench.node_ids
    return {
        ALL: list(range(len(ids))),
        NAMES: bench.positions(same_names(ids, touched.paths)),
        CLOSURE: bench.positions(import_closure(ids, bench.files, touched.paths)),
        PAPER: bench.positions(paper_strategy(bench.paper, touched.paths)),
        PAPER_COVERAGE: bench.positions(
            paper_strategy(bench.paper, touched.paths, bench.contexts)
        ),
        BY_FILE: bench.positions(by_file(ids, bench.contexts, touched)),
        BY_FUNCTION: bench.positions(by_function(ids, bench.contexts, touched)),
    }


def _touched(bench: Bench, trial: Trial) -> Touched:
    python_files = [path for path in trial.files if path.endswith(".py")]
    pairs = []
    for path in python_files:
        content = trial.files[path]
        pairs.append(
            (bench.files.get(path), facts_of(path, content) if content is not None else None)
        )
    touched = from_changes(compare_all(pairs), bench.files)
    return Touched(touched.paths | trial.files.keys(), touched.functions, touched.whole)
