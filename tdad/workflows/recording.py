"""One recorded run in this process: start the probe, and when the run is over, put what it saw into the map."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdad import __version__
from tdad.errors import DiskFull, MapReadOnly, TdadError
from tdad.trace.probe.session import Probe, Settings, start
from tdad.workflows.project import Project, open_project

if TYPE_CHECKING:  # to start a recording takes none of them
    from tdad.facts import FileFacts, Run
    from tdad.workflows.index import Head

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Recording:
    """A run being recorded."""

    def __init__(self, project: Project, probe: Probe) -> None:
        self.project = project
        self.probe = probe

    def plugin(self) -> Any:
        """The plugin that tells the probe whose code runs."""
        from tdad.trace.probe.hooks import Recorder

        return Recorder(self.probe)

    def finish(self) -> str:
        """Stop, update the map, and return the summary for the user."""
        self.probe.stop()
        from tdad.workflows.garbage import kept

        try:
            with (
                kept()
            ):  # the imports as well: among all that the tests left, a look for garbage takes long
                from tdad.repo import steady
                from tdad.workflows.summary import summary

                with steady():
                    run = take_in(self.project, ended=self.probe.settings.run_id)
                    note = summary(self.project, run)
            remember_map(self.project)
            return "\n".join(filter(None, (note, self._incomplete())))
        except TdadError as error:
            return f"{error} [{error.slug}]"
        except Exception as error:  # whatever is wrong with us, the tests have their own result
            if os.environ.get("TDAD_DEBUG"):
                raise
            return _bug(error)

    def _incomplete(self) -> str:
        errors = ", ".join(f"{name} {count}x" for name, count in sorted(self.probe.errors.items()))
        if not errors:
            return ""
        return f"incomplete: not all could be written or observed ({errors}); tests without a record run next time"


def _bug(error: Exception) -> str:
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return (
        f"this is a bug in tdad ({what}); the map is as it was and the recording is kept."
        " Take it in again: TDAD_DEBUG=1 tdad map stats [internal]"
    )


def start_recording(start_dir: Path, *, lines: bool) -> Recording:
    """Start the probe in this process. xdist's workers join the run of their controller.

    Raises:
        TdadError: the configuration is wrong.
    """
    project = open_project(start_dir)
    check_map(project)
    inherited = os.environ.get("TDAD_RUN") if os.environ.get("PYTEST_XDIST_WORKER") else None
    run_id = inherited or f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}"
    os.putenv("TDAD_RUN", run_id)  # not in os.environ: the tests see the environment as it was
    settings = Settings(
        root=str(project.root),
        spool_dir=str(project.spool_path),
        run_id=run_id,
        lines=lines or project.config.lines,
        sources=tuple(str(project.root / source) for source in project.config.source),
    )
    prepare_folder(project)
    return Recording(project, start(settings))


def check_map(project: Project) -> None:
    """Refuse a map that the recording could not be written to, before the tests run.

    Raises:
        TdadError: it is damaged, from a newer tdad, no map, or must not be written.
    """
    if not project.map_path.exists():
        return
    if not _is_as_we_left_it(project):
        from tdad.store import open_map

        with open_map(project.map_path, mode="read") as opened:
            opened.recorded().tests  # noqa: B018  # what is damaged says so when it is read
    if not os.access(project.map_path, os.W_OK):
        raise MapReadOnly(str(project.map_path), os.strerror(errno.EACCES))


def remember_map(project: Project) -> None:
    """Note down in which state the map is now, all of it read and written a moment ago."""
    state = _map_state(project)
    if state:
        with suppress(OSError):
            _state_path(project).write_text(state, encoding="utf-8")


def _is_as_we_left_it(project: Project) -> bool:
    try:
        noted = _state_path(project).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return noted == _map_state(project) != ""


def _state_path(project: Project) -> Path:
    return project.map_path.with_name(project.map_path.name + ".state")


def _map_state(project: Project) -> str:
    """Version of tdad, size and time of the map; empty when there is more of it than the one file."""
    path = str(project.map_path)
    try:
        if os.path.exists(path + "-wal") and os.stat(path + "-wal").st_size:  # noqa: PTH110, PTH116 - at start-up
            return ""
        found = os.stat(path)  # noqa: PTH116 - as above
    except OSError:
        return ""
    return f"{__version__} {found.st_size} {found.st_mtime_ns}\n"


def prepare_folder(project: Project) -> None:
    """Make the map's folder, which git ignores by itself.

    Raises:
        MapReadOnly, DiskFull: nothing can be written there.
    """
    folder = project.map_path.parent
    ignore = folder / ".gitignore"
    try:
        project.spool_path.mkdir(parents=True, exist_ok=True)
        if folder.name == ".tdad" and not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        if not os.access(project.spool_path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        # a full disk is said now, not after the tests ran
        room = project.spool_path / f".room-{os.getpid()}"
        room.write_bytes(bytes(4096))
        room.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        kind = DiskFull if error.errno in _NO_ROOM else MapReadOnly
        raise kind(str(project.map_path), reason) from None


def take_in(project: Project, ended: str | None = None) -> Run | None:
    """Put every finished spool into the map, oldest first; returns the newest run that has tests.

    ``ended`` is the run of this very process that is over; another one of this process is still going on.

    Raises:
        TdadError: the map cannot be written; the spools stay where they are.
    """
    from tdad.trace.spool import list_runs, read_run

    newest, changed = None, not _test_map_path(project).exists()
    for spool in list_runs(project.spool_path):
        if _is_running(spool, ended) or (mine := _claimed(spool)) is None:
            continue
        run = read_run(mine)
        if run.tests:
            newest, differs = save(project, run)
            changed |= differs
        shutil.rmtree(mine, ignore_errors=True)
    if newest is not None and changed:
        write_test_map(project)
    return newest


def write_test_map(project: Project) -> None:
    """Refresh ``test_map.txt`` beside the map, for agents that grep; the old one stays until the new one is whole."""
    from tdad.workflows.testmap import write_testmap

    target = _test_map_path(project)
    unfinished = target.with_suffix(".partial")
    try:
        with unfinished.open("w", encoding="utf-8", errors="surrogateescape") as out:
            write_testmap(project, out)
        unfinished.replace(target)
    except OSError:
        unfinished.unlink(missing_ok=True)  # a full disk: the map itself is what counts


def _test_map_path(project: Project) -> Path:
    return project.map_path.with_name("test_map.txt")


def _claimed(spool: Path) -> Path | None:
    """The spool under a name that says who takes it in (``RUN+PID``); ``None`` when another process was faster."""
    mine = spool.with_name(f"{spool.name.partition('+')[0]}+{os.getpid()}")
    try:
        return spool.rename(mine)
    except OSError:
        return None


def _is_running(spool: Path, ended: str | None) -> bool:
    """Whether the process that writes the spool, or takes it in, is alive."""
    run_id, claimed, taker = spool.name.partition("+")
    pid = taker or run_id.rpartition("-")[2]
    if not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return not claimed and run_id != ended
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        return True  # alive, and somebody else's
    except OSError:
        return False
    return True


def save(project: Project, run: Run) -> tuple[Run, bool]:
    """Join a run with the source it ran, and merge it into the map.

    Returns the run as it was saved, and whether the files, or who executed what, are other than before.
    """
    from tdad.facts import PRESENT
    from tdad.store import open_map
    from tdad.workflows.index import bring_up_to_date

    with open_map(project.map_path, mode="write") as store:
        files = store.current()
        head = bring_up_to_date(project, store)
        present = (
            dict.fromkeys(head.others, PRESENT) | _decisive(project, head.others) | head.python
        )
        run = _located(project, without_ignored(project, run, frozenset(present)), head)
        digests = {**{p: d for p, d in present.items() if p not in run.digests}, **run.digests}
        digests |= _written_and_restored(project, digests, frozenset(head.others))
        indexed = store.current()  # their facts are in the map
        facts: dict[str, FileFacts] = {}
        for path, digest in digests.items():
            if head.python.get(path) == digest and indexed.get(path) != digest:
                found = head.facts.get(path)
                if found is not None:
                    facts[path] = found
        changed = store.save(replace(run, digests=digests), facts, scope=run.scope or None)
        return run, changed or files != indexed


def _located(project: Project, run: Run, head: Head) -> Run:
    """The run, with what it imported in the place of the project's own code."""
    if not run.outside:
        return run
    from tdad.workflows.elsewhere import imported_elsewhere

    found = imported_elsewhere(project, run, head)
    return replace(run, environment=replace(run.environment, elsewhere=found)) if found else run


def _written_and_restored(
    project: Project, digests: Mapping[str, str], others: frozenset[str]
) -> dict[str, str]:
    """Path → digest of the data files that were written during the run and are what the last commit says.

    Tests that write a file and put it back are common; for those the version is known after all.
    """
    from tdad.repo import changed_files
    from tdad.source.digests import digest
    from tdad.workflows.head import read_bytes

    touched = [path for path, known in digests.items() if not known and path in others]
    if not touched:
        return {}
    try:
        edited = {version.path for version in changed_files(project.root, config=project.config)}
    except TdadError:
        return {}  # no git to ask
    found = {path: read_bytes(project.root / path) for path in touched if path not in edited}
    return {path: digest(data) for path, data in found.items() if data is not None}


def _decisive(project: Project, paths: Iterable[str]) -> dict[str, str]:
    """Path → digest of the files that count although no code reads them: configuration, compiled code."""
    from tdad.config.decisive import decides
    from tdad.source.digests import digest
    from tdad.workflows.head import read_bytes

    found = {path: read_bytes(project.root / path) for path in paths if decides(path)}
    return {path: digest(data) for path, data in found.items() if data is not None}


def without_ignored(project: Project, run: Run, present: frozenset[str]) -> Run:
    """The run without what git ignores: generated files are not the project's."""
    from tdad.repo import ignored

    seen = {path for path in run.digests if path not in present}
    seen |= {
        path
        for observation in run.observations
        for part in (observation.starts, observation.lines)
        for path in part
        if path not in present
    }
    dropped = ignored(project.root, seen)
    if not dropped:
        return run
    observations = tuple(
        replace(
            observation,
            starts={p: s for p, s in observation.starts.items() if p not in dropped},
            lines={p: s for p, s in observation.lines.items() if p not in dropped},
            used=frozenset(u for u in observation.used if u.name not in dropped),
        )
        for observation in run.observations
    )
    return replace(
        run,
        observations=observations,
        digests={p: d for p, d in run.digests.items() if p not in dropped},
    )
