"""What each test executed, read from a coverage.py data file that has test contexts.

Lines are 1-based; paths in the result are POSIX and relative to the project root. A coverage data file says less than a
recording of our own: which fixture instance or import executed a line is not in it, nor are outcomes, durations, data
files and digests. Where it does not say, the line goes to the owner from which more tests inherit:

* lines of module and class bodies belong to the import of their module, whichever test came first;
* function lines without a test context, and those run in a test's set-up or tear-down (perhaps by a fixture that later
  tests shared), belong to the session, from which every test inherits;
* function lines of the ``run`` phase, or of a test function's own context, belong to that test.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from coverage import CoverageData
from coverage.exceptions import CoverageException

from tdad.errors import CoverageFileUnusable, CoverageOutsideRoot, CoverageWithoutContexts
from tdad.facts import (
    Environment,
    Observation,
    Owner,
    OwnerKind,
    Run,
    Site,
    Status,
    TestRecord,
)
from tdad.trace.code_lines import CodeLines, code_lines
from tdad.trace.contexts import Context, TestNames, parse_context

_SESSION = Owner(OwnerKind.SESSION, "")


def read(path: Path, root: Path) -> Run:
    """The run that a coverage data file describes.

    Args:
        path: A data file, a folder that holds one, or the common prefix of parallel data files (``.coverage`` when only
            ``.coverage.host.1234.…`` exist); those are combined in memory and left as they are.
        root: The project root; relative file names in the data are relative to it.

    Raises:
        CoverageFileUnusable: Missing, corrupt, not a coverage data file, or from a newer coverage.
        CoverageWithoutContexts: It has no test contexts.
        CoverageOutsideRoot: It measured files, but none below ``root``.
    """
    root = root.resolve()
    files = _data_files(path)
    try:
        with _combined(path, files) as data:
            measured = _measured(data, path, root)
            executed = _Executed(TestNames(root, measured))
            for relative, name in sorted(measured.items()):
                executed.add(relative, root / relative, data.contexts_by_lineno(name))
    except CoverageException as error:
        raise CoverageFileUnusable(str(path), str(error)) from error
    if not executed.by_test:
        raise CoverageWithoutContexts(str(path))
    recorded_at = max(file.stat().st_mtime for file in files)
    return _run(executed, root, recorded_at)


# --------------------------------------------------------------------------------------------------------------------
# Opening
# --------------------------------------------------------------------------------------------------------------------


def _data_files(path: Path) -> list[Path]:
    """The files that ``path`` stands for, checked to be SQLite databases."""
    base = path / ".coverage" if path.is_dir() else path
    files = (
        [base]
        if base.is_file()
        else sorted(p for p in base.parent.glob(base.name + ".*") if p.is_file())
    )
    if not files:
        raise CoverageFileUnusable(str(path), "no such file")
    for file in files:
        try:
            with file.open("rb") as stream:
                header = stream.read(16)
        except OSError as error:
            raise CoverageFileUnusable(str(file), error.strerror or str(error)) from error
        if header != b"SQLite format 3\0":
            raise CoverageFileUnusable(
                str(file), "not an SQLite database" if header else "the file is empty"
            )
    return files


@contextmanager
def _combined(path: Path, files: Iterable[Path]) -> Iterator[CoverageData]:
    """All of ``files`` as one.

    They are copied first: coverage writes its schema into a database that lacks one, and the user's file is not ours.
    """
    with tempfile.TemporaryDirectory(prefix="tdad-coverage-") as folder:
        parts = []
        for number, file in enumerate(files):
            copy = Path(folder, f"part-{number}")
            try:
                shutil.copyfile(file, copy)
            except OSError as error:
                raise CoverageFileUnusable(str(path), error.strerror or str(error)) from error
            parts.append(copy)
        with closing(_open(parts[0])) as first:
            for part in parts[1:]:
                with closing(_open(part)) as other:
                    first.update(other)
            yield first


def _open(file: Path) -> CoverageData:
    data = CoverageData(basename=str(file))
    data.read()
    return data


def _measured(data: CoverageData, path: Path, root: Path) -> dict[str, str]:
    """Path relative to the root → name under which the data know the file, for files below the root."""
    names = sorted(data.measured_files())
    if not names:
        raise CoverageFileUnusable(str(path), "it measured no file")
    measured: dict[str, str] = {}
    for name in names:
        absolute = Path(os.path.normpath(root / name))
        for candidate in (absolute, absolute.resolve()):
            if candidate.is_relative_to(root):
                measured[candidate.relative_to(root).as_posix()] = name
                break
    if not measured:
        raise CoverageOutsideRoot(str(path), str(root), names[0])
    return measured


# --------------------------------------------------------------------------------------------------------------------
# Who executed what
# --------------------------------------------------------------------------------------------------------------------


@dataclass
class _Seen:
    """What one owner executed so far."""

    starts: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    lines: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def observation(
        self,
        owner: Owner,
        causes: Mapping[int, frozenset[Site]] | None = None,
        imports: Mapping[str, Site] | None = None,
    ) -> Observation:
        return Observation(
            owner=owner,
            starts={
                path: frozenset(lines) for path, lines in sorted(self.starts.items()) if lines
            },
            lines={path: frozenset(lines) for path, lines in sorted(self.lines.items()) if lines},
            causes=causes or {},
            imports=imports or {},
        )


class _Executed:
    """Collects the lines of all files under the owners they belong to."""

    def __init__(self, names: TestNames) -> None:
        self.by_test: dict[str, _Seen] = {}
        self.session = _Seen()
        self.imported: dict[str, _Seen] = {}
        self.asked: dict[str, set[str]] = defaultdict(set)
        """Node id (empty: the session) → modules whose top level ran in its context."""
        self.uncertain: dict[str, set[int]] = defaultdict(set)
        """Path → first lines of code objects that cannot be told from the statement that creates them."""
        self.last_line: dict[str, int] = {}
        self._names = names
        self._contexts: dict[str, Context] = {}

    def add(self, path: str, file: Path, contexts: Mapping[int, Iterable[str]]) -> None:
        """Add one file: line → names of the contexts that executed it."""
        code = code_lines(file)
        by_context: dict[str, set[int]] = defaultdict(set)
        for line, names in contexts.items():
            for name in names:
                by_context[name].add(line)
        self.last_line[path] = max(contexts, default=0)
        for name, lines in sorted(by_context.items()):
            self._add_context(path, code, self._context(name), lines)

    def _context(self, name: str) -> Context:
        known = self._contexts.get(name)
        if known is None:
            known = self._contexts[name] = parse_context(name, self._names)
        return known

    def _add_context(
        self, path: str, code: CodeLines | None, context: Context, lines: set[int]
    ) -> None:
        seen = self.session
        if context.node_id:
            test = self.by_test.setdefault(context.node_id, _Seen())
            seen = test if context.exclusive else self.session
        if (
            code is None
        ):  # does not parse here, or is gone: nothing tells a module's lines from a function's
            seen.lines[path] |= lines
            return
        at_import = lines & code.module_level
        if at_import:
            self.imported.setdefault(path, _Seen()).lines[path] |= at_import
            self.asked[context.node_id].add(path)
        inside = lines - code.module_level
        seen.lines[path] |= inside
        seen.starts[path] |= code.entered(inside)
        shared = code.entered(at_import)
        if context.node_id and context.exclusive:
            # the only statement of a one-line function: the test may have run it, or only its definition
            seen.lines[path] |= at_import & code.one_liners
            seen.starts[path] |= shared
        else:
            self.uncertain[path] |= shared


def _run(executed: _Executed, root: Path, recorded_at: float) -> Run:
    """Facts from what was collected."""
    tests = tuple(_test(node_id) for node_id in sorted(executed.by_test))
    observations = [
        seen.observation(
            Owner(OwnerKind.TEST, node_id),
            imports={
                path: Site(node_id.partition("::")[0], 0)
                for path in sorted(executed.asked[node_id])
            },
        )
        for node_id, seen in sorted(executed.by_test.items())
    ]
    for path, seen in sorted(executed.imported.items()):
        sites = frozenset(Site(path, line) for line in executed.uncertain.get(path, ()))
        observations.append(
            seen.observation(Owner(OwnerKind.IMPORT, path), causes={0: sites} if sites else {})
        )
    asked = executed.asked[""]
    observations.append(
        executed.session.observation(
            _SESSION, imports={path: Site(path, 0) for path in sorted(asked)}
        )
    )
    return Run(
        run_id=f"import-{uuid.uuid4().hex[:12]}",
        started_at=recorded_at,
        granularity="lines",
        recorder="import",
        environment=Environment(python="", platform=""),
        observations=tuple(observations),
        tests=tests,
        digests={
            path: _digest(root / path, last, recorded_at)
            for path, last in sorted(executed.last_line.items())
        },
        complete=True,
    )


def _test(node_id: str) -> TestRecord:
    """The record of a test of which nothing is known but that it ran."""
    path, _, rest = node_id.partition("::")
    qualname = (
        _doctest_qualname(path, rest)
        if "::" not in rest
        else rest.partition("[")[0].replace("::", ".")
    )
    return TestRecord(
        node_id=node_id,
        path=path,
        definition=f"{path}::{qualname}",
        owners=(),
        status=Status.PASSED,  # coverage data have no outcomes; only a failure would change an answer
        duration_s=0.0,
    )


def _doctest_qualname(path: str, name: str) -> str:
    """Qualname in the file of what pytest calls ``name``; doctests are named with their module in front."""
    name = name.partition("[")[0]
    if not path.endswith(".py"):
        return ""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    for size in range(len(parts)):
        module = ".".join(parts[size:])
        if name == module or name.startswith(f"{module}."):
            return name[len(module) + 1 :]
    return name


def _digest(file: Path, last_line: int, recorded_at: float) -> str:
    """Digest of the file if it can be the version that was measured, else empty."""
    try:
        if file.stat().st_mtime > recorded_at:
            return ""
        content = file.read_bytes()
    except OSError:
        return ""
    if last_line > content.count(b"\n") + 1:
        return ""
    return hashlib.blake2b(content, digest_size=16).hexdigest()
