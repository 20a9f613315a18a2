"""``tdad index``: read every Python file of the project into the map; only what changed is parsed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tdad.errors import TdadError
from tdad.facts import FileFacts
from tdad.store import BRIEFLY_S, BUSY_TIMEOUT_S, Counts, Indexed, Map, Signature, open_map
from tdad.workflows.garbage import kept
from tdad.workflows.head import HeadFacts, current_digests
from tdad.workflows.project import Project

if TYPE_CHECKING:  # recordings, which bring the index up to date at their end, need none
    from tdad.answers import IndexSummary


@dataclass(frozen=True, slots=True)
class Head:
    """The project now."""

    facts: HeadFacts
    python: dict[str, str]
    """Path → digest of each Python file."""
    others: dict[str, str]
    """Path → empty digest of each other file."""
    parsed: int


def build_index(
    project: Project,
    *,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> IndexSummary:
    """Bring the map's index up to date and say what is in it.

    Raises:
        TdadError: the map cannot be written.
    """
    from tdad.answers import IndexSummary

    began = time.perf_counter()
    with kept(), open_map(project.map_path, mode="write") as store:
        head = bring_up_to_date(
            project, store, jobs=jobs, progress=progress, wait_s=BUSY_TIMEOUT_S
        )
        files = _counts(store, head)
        broken = [head.facts.get(path) for path in sorted(files) if files[path].broken]
    return IndexSummary(
        files=len(files),
        parsed=head.parsed,
        definitions=sum(one.definitions for one in files.values()),
        references=sum(one.references for one in files.values()),
        errors=tuple((facts.path, facts.error) for facts in broken if facts and facts.error),
        seconds=time.perf_counter() - began,
    )


def _counts(store: Map, head: Head) -> dict[str, Counts]:
    """Path → how much is in each current file; only what the map does not have is decoded."""
    current, counts = store.current(), store.counts()
    found: dict[str, Counts] = {}
    for path, digest in head.python.items():
        if path in counts and current[path] == digest:
            found[path] = counts[path]
        elif (facts := head.facts.get(path)) is not None:
            broken = facts.error is not None
            found[path] = Counts(len(facts.definitions), len(facts.references), broken)
    return found


def bring_up_to_date(
    project: Project,
    store: Map,
    *,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    write: bool = True,
    wait_s: float = BRIEFLY_S,
) -> Head:
    """Parse what the map does not know yet and put it in; a map that cannot be written is only read.

    ``wait_s``: how long to wait for another writer.
    """
    looked_ns = time.time_ns()
    reread: dict[str, Signature] = {}
    python, others = current_digests(project, store, reread)
    known = store.current()
    touched = {path: stat for path, stat in reread.items() if known.get(path) == python[path]}
    outdated = store.unreadable()
    missing = [
        path for path, digest in python.items() if known.get(path) != digest or path in outdated
    ]
    counted = 0

    def done(count: int) -> None:
        nonlocal counted
        counted += count
        if progress is not None:
            progress(counted, len(missing))

    fresh = _parse(project, missing, jobs, done)
    gone = sorted(set(known) - set(python))
    if write and (fresh or gone or touched):
        try:
            if touched:
                # The next look at them reads nothing.
                store.put_stats(touched, looked_ns=looked_ns, wait_s=wait_s)
            if fresh or gone:
                entries = _entries(fresh, python, reread)
                store.put_facts(entries, gone=gone, looked_ns=looked_ns, wait_s=wait_s)
        except TdadError as error:
            if error.slug not in {"map-read-only", "map-locked"}:
                raise
        else:
            python.update({path: facts.digest for path, facts in fresh.items()})
            return Head(HeadFacts(project.root, python, store), python, others, len(missing))
    python.update({path: facts.digest for path, facts in fresh.items()})
    return Head(HeadFacts(project.root, python, store, fresh), python, others, len(missing))


def _parse(
    project: Project, paths: list[str], jobs: int | None, done: Callable[[int], None]
) -> dict[str, FileFacts]:
    if not paths:
        return {}
    from tdad.workflows.parse_worker import parse

    return parse(project.root, paths, jobs=jobs, done=done)


def _entries(
    fresh: Mapping[str, FileFacts], python: Mapping[str, str], reread: Mapping[str, Signature]
) -> Iterator[Indexed]:
    """What to put into the map. The signature of a file that changed while we read it says nothing."""
    from tdad.source import mentioned_names

    for path, facts in sorted(fresh.items()):
        same = facts.digest == python[path]
        signature = reread.get(path, (0, 0, 0)) if same else (0, 0, 0)
        yield Indexed(facts, mentioned_names(facts), signature)
