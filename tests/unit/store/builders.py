"""Runs as a recorder would write them, in one line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tdad.facts import (
    Environment,
    Observation,
    Owner,
    OwnerKind,
    Run,
    Status,
    TestRecord,
    Used,
)

PYTHON_313 = Environment("cpython 3.13.0", "linux", packages={"numpy": "2.1.0"})
PYTHON_311 = Environment("cpython 3.11.9", "linux")

Entered = Mapping[str, Iterable[int]]


def digest(path: str, version: int = 1) -> str:
    """A digest that is easy to recognise."""
    spelled = path.encode("utf-8", "surrogatepass").hex()
    return f"{version:02d}{spelled:0<30.30}"


def test_owner(node_id: str) -> Owner:
    return Owner(OwnerKind.TEST, node_id)


test_owner.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever pytest makes of the name


def fixture(name: str) -> Owner:
    return Owner(OwnerKind.FIXTURE, name)


def imported(path: str) -> Owner:
    return Owner(OwnerKind.IMPORT, path)


def saw(owner: Owner, entered: Entered, *used: Used) -> Observation:
    return Observation(
        owner, {path: frozenset(lines) for path, lines in entered.items()}, used=frozenset(used)
    )


def record(
    node_id: str,
    *owners: Owner,
    status: Status = Status.PASSED,
    duration_s: float = 0.5,
) -> TestRecord:
    path = node_id.partition("::")[0]
    definition = node_id.partition("[")[0].replace("::", ".").replace(f"{path}.", f"{path}::")
    return TestRecord(node_id, path, definition, tuple(sorted(owners)), status, duration_s)


def run(
    number: int,
    tests: Mapping[str, Entered] | Iterable[TestRecord],
    *more: Observation,
    versions: Mapping[str, int] | None = None,
    environment: Environment = PYTHON_313,
    granularity: str = "functions",
    complete: bool = True,
    full: bool = False,
) -> Run:
    """Run ``number`` (also its time); files have version 1 unless ``versions`` says otherwise."""
    observations = list(more)
    if isinstance(tests, Mapping):
        observations += [saw(test_owner(node_id), entered) for node_id, entered in tests.items()]
        records = tuple(record(node_id) for node_id in tests)
    else:
        records = tuple(tests)
    paths = {path for one in observations for path in (*one.starts, *one.lines)}
    paths |= {test.path for test in records} | set(versions or ())
    return Run(
        run_id=f"run-{number}",
        started_at=float(number),
        granularity=granularity,
        recorder="monitoring",
        environment=environment,
        observations=tuple(observations),
        tests=records,
        digests={path: digest(path, (versions or {}).get(path, 1)) for path in sorted(paths)},
        complete=complete,
        full=full,
    )
