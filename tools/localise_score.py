"""Asks localisation and the prompt about one recorded fault, and compares with the definition that has to change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from accuracy_setup import python
from bench_setup import DOWNLOADS, ROOT, SUBJECTS
from localise_record import LOCALISE, Kept
from localise_truth import Stretch, stretches, truth
from subjects import unpack

from tdad.agent.prompts import Brief
from tdad.facts import DefinitionKind, FileFacts
from tdad.graph.suspects import FORMULAS, spectrum
from tdad.runner.confined import Cell
from tdad.runner.interpreter import Interpreter
from tdad.runner.sandbox import Strictness, choose
from tdad.source import index
from tdad.store import open_map
from tdad.workflows.faults import is_test_code
from tdad.workflows.fix_brief import brief
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_map import suspicion
from tdad.workflows.fix_start import Begun
from tdad.workflows.impact import patterns
from tdad.workflows.project import open_project

TOP = (1, 3, 5, 10)
_ASKED = ("fix_map.py", "fix_brief.py", "prompt_material.py", "localise_score.py")


@dataclass(frozen=True, slots=True)
class Score:
    """What came of one fault."""

    subject: str
    past: bool
    where: str
    truth: tuple[str, ...]
    ranks: Mapping[str, int]
    """Way → rank of the first definition to change; 0: it is not in the list."""
    shown: bool
    """A definition to change stands in the prompt with its source, the lines to change of it included."""
    tokens: int


def score(case: Kept) -> Score:
    """Ask about one fault. Nothing is run."""
    begun = case.begun
    assert begun is not None
    ground = view(case)
    changed = stretches(case.wrong, case.right)
    right = truth(index(case.path, case.wrong), index(case.path, case.right), changed)
    found = suspicion(ground, begun.map_path, begun.start, begun.targets, recent={})
    message = brief(ground, begun, found)
    ours = [each.definition for each in found.suspects]
    ranks = {"tdad": rank(ours, right)}
    for name, listed in plain(ground, begun).items():
        ranks[name] = rank(listed, right)
    shown = is_shown(message, case.path, right, changed)
    return Score(case.subject, case.past, case.where, right, ranks, shown, message.tokens)


def rank(listed: Sequence[str], right: Sequence[str]) -> int:
    """Place of the first of them, from 1; 0: none is there."""
    return next((at for at, each in enumerate(listed, 1) if each in right), 0)


def is_shown(message: Brief, path: str, right: Sequence[str], changed: Sequence[Stretch]) -> bool:
    """Tell whether a definition to change is shown, with at least one stretch that has to change."""
    seen = {
        n for each in message.seen if each.path == path for n in range(each.first, each.last + 1)
    }
    named = bool(set(right) & set(message.shown))
    return named and any(seen.issuperset(each.place) for each in changed)


def plain(ground: Ground, begun: Begun) -> Mapping[str, list[str]]:
    """Each formula alone: the most suspicious line of each executed definition speaks for it."""
    found = patterns(ground.project)
    if not begun.map_path.exists():
        return {name: [] for name in FORMULAS}
    with open_map(begun.map_path, mode="read") as store:
        recorded = store.recorded()
        seen = spectrum(recorded, frozenset(begun.targets))
        owners = {
            path: (recorded.facts(path, seen.digests[path]), lines)
            for path, lines in seen.lines.items()
            if not is_test_code(path, found)
        }
    listed: dict[str, list[str]] = {}
    for name, formula in FORMULAS.items():
        best: dict[str, float] = {}
        for path, (facts, lines) in owners.items():
            for line, who in lines.items() if facts else ():
                key = f"{path}::{_code_around(facts, line)}"
                best[key] = max(best.get(key, 0.0), formula(seen.counts(who)))
        listed[name] = sorted(best, key=lambda each: (-best[each], each))
    return listed


def _code_around(facts: FileFacts | None, line: int) -> str:
    blocks = [
        each
        for each in (facts.definitions if facts else ())
        if each.kind in {DefinitionKind.FUNCTION, DefinitionKind.CLASS} and line in each.span
    ]
    return max(blocks, key=lambda each: each.span.first).qualname if blocks else ""


def view(case: Kept) -> Ground:
    """The subject with the fault in it as a repair would see it, for reading: nothing can be run in it."""
    folder = LOCALISE / "view" / case.subject
    if not folder.exists():
        unpack(SUBJECTS[case.subject], DOWNLOADS, folder)
        shutil.rmtree(folder / ".git")
    note = folder.with_suffix(".wrong")
    for said in note.read_text("utf-8").splitlines() if note.exists() else ():
        (folder / said).write_bytes((folder.with_suffix(".right")).read_bytes())
    folder.with_suffix(".right").write_bytes(case.right)
    note.write_text(case.path, encoding="utf-8")
    (folder / case.path).write_bytes(case.wrong)
    here = Interpreter(str(python()), (3, 13, 0), "cpython", "", "", None)
    cell = Cell(choose(Strictness.OFF))
    return Ground(open_project(folder), LOCALISE, folder, "", here, cell, ())


@lru_cache(maxsize=1)
def _version() -> str:
    """Digest of the code that ranks and writes prompts."""
    found = blake2b(digest_size=8)
    code = [*(ROOT / "tdad").rglob("*.py"), *(ROOT / "tdad").rglob("*.jinja"), Path(__file__)]
    for file in sorted(code):
        if "suspects" in file.parts or "prompts" in file.parts or file.name in _ASKED:
            found.update(file.read_bytes())
    return found.hexdigest()


def known_score(case: Kept) -> Score | None:
    """The score of this version of the code; ``None``: not asked yet."""
    try:
        said = json.loads((case.folder / "score.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    if said.pop("version") != _version():
        return None
    return Score(**{**said, "truth": tuple(said["truth"])})


def keep_score(case: Kept, found: Score) -> Score:
    """Keep it beside the recording."""
    text = json.dumps({**asdict(found), "version": _version()})
    (case.folder / "score.json").write_text(text, encoding="utf-8")
    return found


def figures(scores: Sequence[Score], way: str) -> Iterator[int]:
    """How many faults have their definition among the first 1, 3, 5, 10."""
    for top in TOP:
        yield sum(0 < each.ranks[way] <= top for each in scores)
