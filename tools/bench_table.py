"""Results → the tables in docs/explanation/performance.md, between its markers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench_recording import (
    COV,
    LINES_AGAIN,
    LINES_FIRST,
    MAP_AGAIN,
    MAP_FIRST,
    TESTMON,
    TESTMON_AGAIN,
)
from bench_setup import ROOT

PAGE = ROOT / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
FUNCTIONS_LIMIT, LINES_LIMIT = 1.15, 1.45
INDEX_LIMIT, ONE_FILE_LIMIT, NO_CHANGE_LIMIT = 1.6, 0.03, 0.01
ANSWER_LIMIT_S, MEMORY_LIMIT_MB, IMPORT_LIMIT_MS = 1.0, 300, 20
MONITORING = (3, 12)
"""From this Python on, recording has a limit of its own."""


def write_table(results: Mapping[str, Any]) -> None:
    """Put the figures into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    figures = "\n".join(rendered(results))
    PAGE.write_text(f"{before}{BEGIN}\n{figures}\n{END}{after}", encoding="utf-8")


def rendered(results: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines of all tables."""
    yield from _machine(results)
    if "recording" in results:
        yield from _recording(results["recording"])
    if "index" in results:
        yield from _index(results["index"])
    if "asking" in results:
        yield from _asking(results["asking"])
    if "import" in results:
        yield from _importing(results["import"])


def _machine(results: Mapping[str, Any]) -> Iterator[str]:
    machine = results["machine"]
    measured = [one for part in results.values() for one in part.values() if isinstance(one, dict)]
    pythons = sorted({one["python"] for one in measured if "python" in one})
    dates = sorted({one["date"] for one in measured if "date" in one})
    commits = sorted({one["commit"] for one in measured if "commit" in one})
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    yield (
        f"{machine['cores']} cores ({machine['processor']}), {machine['system']};"
        f" Python {', '.join(pythons)}; {versions}."
        f" Load average when the last part began: {machine['load'][0]}."
        f" Measured {', '.join(dates)} at {', '.join(commits)} (`+`: with uncommitted work)."
    )


def _recording(results: Mapping[str, Any]) -> Iterator[str]:
    yield "\n### Recording\n"
    yield (
        "CPU time as a multiple of the plain run of the same round; median. In brackets: without the end of the run"
        " (index, saving, summary).\n"
    )
    yield from _head(
        "suite", "Python", "rounds", "functions", "lines", "functions, first map", COV,
        "testmon", "testmon, first run", "limits",
    )  # fmt: skip
    for result in _sorted(results):
        ratio, rest = result["ratio"], result["ratio_without_end"]
        yield _row(
            _suite(result),
            result["python"],
            result["rounds"],
            *(
                f"{ratio[way]:.2f} ({rest[way]:.2f})"
                for way in (MAP_AGAIN, LINES_AGAIN, MAP_FIRST)
            ),
            *(f"{ratio[way]:.2f}" for way in (COV, TESTMON_AGAIN, TESTMON)),
            _verdict(result),
        )
    yield "\n### Size of the map\n"
    yield from _head("suite", "Python", "map", "map with lines", "testmon's database", "limit")
    for result in _sorted(results):
        size = result["size_bytes"]
        met = size[MAP_FIRST] <= size[TESTMON]
        sizes = [f"{size[way] / 1024:.0f} kB" for way in (MAP_FIRST, LINES_FIRST, TESTMON)]
        yield _row(_suite(result), result["python"], *sizes, _met(met))


def _verdict(result: Mapping[str, Any]) -> str:
    """What is missed of the limits of recording."""
    ratio, python = result["ratio"], tuple(map(int, result["python"].split(".")[:2]))
    missed = []
    if python >= MONITORING:
        if ratio[MAP_AGAIN] > FUNCTIONS_LIMIT:
            missed.append(f"functions > {FUNCTIONS_LIMIT}")
        if ratio[LINES_AGAIN] > LINES_LIMIT:
            missed.append(f"lines > {LINES_LIMIT}")
    if ratio[MAP_AGAIN] >= ratio[COV]:
        missed.append("not below pytest-cov")
    if ratio[MAP_AGAIN] >= ratio[TESTMON_AGAIN]:
        missed.append("not below testmon")
    return "not met: " + ", ".join(missed) if missed else "met"


def _index(results: Mapping[str, Any]) -> Iterator[str]:
    yield "\n### Static index\n"
    yield (
        "CPU time; cold in units of `libcst.parse_module` over the same files, one process each; the others as a share"
        " of cold, start-up of the program included (its share alone is given).\n"
    )
    yield from _head(
        "project", "files", "rounds", f"cold (≤ {INDEX_LIMIT})", "two processes, wall",
        f"one file changed (≤ {ONE_FILE_LIMIT:.0%})", f"no change (≤ {NO_CHANGE_LIMIT:.0%})",
        "start-up", "limits",
    )  # fmt: skip
    for result in _sorted(results):
        missed = []
        if result["cold_ratio"] > INDEX_LIMIT:
            missed.append("cold")
        if result["one_file_share"] > ONE_FILE_LIMIT:
            missed.append("one file")
        if result["no_change_share"] > NO_CHANGE_LIMIT:
            missed.append("no change")
        yield _row(
            result["subject"],
            result["files"],
            result["rounds"],
            f"{result['cold_ratio']:.2f}",
            f"{result['two_processes_wall']:.2f} times as fast",
            f"{result['one_file_share']:.1%}",
            f"{result['no_change_share']:.1%}",
            f"{result['start_up_share']:.1%}",
            "not met: " + ", ".join(missed) if missed else "met",
        )


def _asking(results: Mapping[str, Any]) -> Iterator[str]:
    yield "\n### `tdad impact`\n"
    yield from _head("change", "selected", "rounds", "wall", "CPU", "peak memory", "limits")
    for result in _sorted(results):
        for kind, asked in result["asked"].items():
            met = asked["wall_median_s"] < ANSWER_LIMIT_S and asked["peak_mb"] <= MEMORY_LIMIT_MB
            yield _row(
                f"{kind}: `{asked['edited']}`",
                f"{asked['selected']} of {asked['total']}",
                result["rounds"],
                f"{asked['wall_median_s']:.2f} s",
                f"{asked['cpu_median_s']:.2f} s",
                f"{asked['peak_mb']:.0f} MB",
                _met(met),
            )


def _importing(results: Mapping[str, Any]) -> Iterator[str]:
    yield "\n### `import tdad.pytest_plugin`\n"
    yield from _head("Python", "added to a process with pytest", f"limit (< {IMPORT_LIMIT_MS} ms)")
    for result in _sorted(results):
        yield _row(
            result["python"], f"{result['ms']:.1f} ms", _met(result["ms"] < IMPORT_LIMIT_MS)
        )


def _sorted(results: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [results[key] for key in sorted(results)]


def _suite(result: Mapping[str, Any]) -> str:
    only = f" `{' '.join(result['only'])}`" if result.get("only", []) else ""
    return f"{result['subject']}{only} ({result['tests']})"


def _met(met: bool) -> str:
    return "met" if met else "not met"


def _head(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield _row(*("---" for _ in titles))


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"
