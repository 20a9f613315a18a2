"""Reading back what processes wrote that may have been killed at any moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tdad.facts import OwnerKind, Site, Status
from tdad.trace.spool import list_runs, read_run

OBSERVED = {"t": "obs", "owner": ["test", "t.py::t"], "starts": {"a.py": [1]}}
TEST = {
    "t": "test",
    "node_id": "t.py::t",
    "path": "t.py",
    "site": ["t.py", 3],
    "qualname": "t",
    "order": 0,
    "owners": [["fixture", "::f@t.py"]],
    "status": "passed",
    "duration_s": 0.5,
}
END = {"t": "end", "exitstatus": 0, "full": True, "scope": [], "worker": False}


def spool(folder: Path, *files: list[Any], header: Any = None) -> Path:
    folder.mkdir(exist_ok=True)
    for number, records in enumerate(files):
        lines = [r if isinstance(r, str) else json.dumps(r) + "\n" for r in records]
        (folder / f"{number}-0.jsonl").write_text("".join(lines))
    if header is not None:
        (folder / "run.json").write_text(header if isinstance(header, str) else json.dumps(header))
    return folder


def test_records_of_one_owner_are_united(tmp_path: Path) -> None:
    more = {**OBSERVED, "starts": {"a.py": [4], "b.py": [2]}, "causes": {"7": [["a.py", 4]]}}
    run = read_run(spool(tmp_path / "run", [OBSERVED, more, TEST, END]))
    (seen,) = run.observations
    assert seen.owner.kind is OwnerKind.TEST
    assert seen.starts == {"a.py": {1, 4}, "b.py": {2}}
    assert seen.causes == {7: {Site("a.py", 4)}}
    assert [test.definition for test in run.tests] == ["t.py::t"]
    assert (run.complete, run.full) == (True, True)


def test_a_partial_line_is_dropped_and_the_rest_is_kept(tmp_path: Path) -> None:
    run = read_run(spool(tmp_path / "run", [OBSERVED, TEST, '{"t":"obs","owner":["te']))
    assert [test.status for test in run.tests] == [Status.PASSED]
    assert len(run.observations) == 1
    assert not run.complete
    assert not run.full


def test_garbage_between_records(tmp_path: Path) -> None:
    garbage = ["\n", "null\n", "[1]\n", "\x00\x01\n", '{"t":"test"}\n', '{"t":"obs","owner":3}\n']
    unknown = [{"t": "obs", "owner": ["nobody", "x"]}, {"t": "later"}, {**TEST, "status": "odd"}]
    run = read_run(spool(tmp_path / "run", [*garbage, OBSERVED, *unknown, TEST, END]))
    assert len(run.observations) == 1
    assert len(run.tests) == 1


def test_a_test_that_began_and_did_not_end_took_its_process_along(tmp_path: Path) -> None:
    begun = {**TEST, "t": "begin", "node_id": "t.py::dies", "order": 1}
    run = read_run(spool(tmp_path / "run", [TEST, begun], [{**END, "exitstatus": 1}]))
    assert [(test.node_id, test.status) for test in run.tests] == [
        ("t.py::t", Status.PASSED),
        ("t.py::dies", Status.CRASHED),
    ]


def test_what_was_announced_before_a_clean_end_did_not_crash(tmp_path: Path) -> None:
    begun = {**TEST, "t": "begin", "node_id": "t.py::next", "order": 1}
    run = read_run(spool(tmp_path / "run", [TEST, begun, END]))
    assert [test.node_id for test in run.tests] == ["t.py::t"]


def test_files_of_xdist_workers(tmp_path: Path) -> None:
    worker = {**END, "worker": True}
    other = {**TEST, "node_id": "t.py::u", "order": 1}
    whole = read_run(spool(tmp_path / "a", [TEST, worker], [other, worker], [END]))
    assert [test.node_id for test in whole.tests] == ["t.py::t", "t.py::u"]
    assert (whole.complete, whole.full) == (True, True)
    partial = read_run(spool(tmp_path / "b", [TEST, {**worker, "full": False}], [END]))
    assert not partial.full
    headless = read_run(spool(tmp_path / "c", [TEST, worker]))
    assert not headless.complete


def test_a_missing_or_damaged_header(tmp_path: Path) -> None:
    assert read_run(spool(tmp_path / "a", [TEST])).run_id == "a"
    assert read_run(spool(tmp_path / "b", [TEST], header="{")).granularity == "functions"
    assert read_run(spool(tmp_path / "c", [TEST], header=[1])).environment.python == ""


def test_a_file_that_changed_during_the_run_has_no_digest(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text("A = 1\n")
    status = source.stat()
    seen = {"t": "file", "path": "a.py", "mtime_ns": status.st_mtime_ns, "size": status.st_size}
    header = {"root": str(tmp_path)}
    same = read_run(spool(tmp_path / "same", [seen], header=header))
    assert same.digests["a.py"]
    other = {**seen, "mtime_ns": 1}
    assert read_run(spool(tmp_path / "b", [seen, other], header=header)).digests == {"a.py": ""}


def test_runs_are_listed_oldest_first_and_empty_folders_are_none(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "absent") == []
    first, second = spool(tmp_path / "z", [TEST]), spool(tmp_path / "a", [TEST])
    (tmp_path / "empty").mkdir()
    assert set(list_runs(tmp_path)) == {first, second}


LINES = st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([OBSERVED, TEST, END])))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_no_bytes_at_all_raise(tmp_path: Path, lines: list[Any]) -> None:
    data = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in lines]
    folder = spool(tmp_path / "run")
    (folder / "1-0.jsonl").write_bytes(b"\n".join(data))
    assert len(read_run(folder).tests) <= 1


SITES = {"t": "sites", "first": 0, "sites": [["a.py", 1], ["b.py", 2], ["a.py", 5]]}
NUMBERED = {"t": "obs", "owner": ["test", "t.py::t"], "codes": [0, 2, 1]}
BEGIN = {key: TEST[key] for key in ("node_id", "path", "site", "qualname", "order")} | {
    "t": "begin"
}
DONE = {key: TEST[key] for key in ("t", "node_id", "owners", "status", "duration_s")}


def test_numbers_stand_for_the_sites_of_the_same_file(tmp_path: Path) -> None:
    other = {**SITES, "sites": [["c.py", 7]]}
    elsewhere = {"t": "obs", "owner": ["test", "t.py::t"], "codes": [0]}
    run = read_run(spool(tmp_path / "run", [SITES, BEGIN, NUMBERED, DONE], [other, elsewhere]))
    (seen,) = run.observations
    assert seen.starts == {"a.py": {1, 5}, "b.py": {2}, "c.py": {7}}
    assert [(test.node_id, test.path) for test in run.tests] == [("t.py::t", "t.py")]


def test_who_depends_on_what_cannot_be_read_counts_as_not_recorded(tmp_path: Path) -> None:
    lost = {**NUMBERED, "codes": [9]}
    second = {**BEGIN, "node_id": "t.py::u", "order": 1}
    fine = {**DONE, "node_id": "t.py::u"}
    run = read_run(spool(tmp_path / "test", [SITES, BEGIN, lost, DONE, second, fine]))
    assert [test.node_id for test in run.tests] == ["t.py::u"]
    fixture = {**lost, "owner": ["fixture", "::f@t.py"]}
    alone = {**fine, "owners": []}
    run = read_run(spool(tmp_path / "fixture", [fixture, BEGIN, NUMBERED, DONE, second, alone]))
    assert [test.node_id for test in run.tests] == ["t.py::u"]
    module = {**lost, "owner": ["import", "a.py"]}
    assert not read_run(spool(tmp_path / "import", [module, BEGIN, DONE])).tests


def test_an_end_without_its_beginning_is_no_test(tmp_path: Path) -> None:
    other = {**BEGIN, "node_id": "t.py::other"}
    run = read_run(spool(tmp_path / "run", [other, DONE]))
    assert [(test.node_id, test.status) for test in run.tests] == [("t.py::other", Status.CRASHED)]
