"""What the witness said → how every test ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tdad.facts import Site, Status
from tdad.facts_gate import Attempt, Body, Phase, Setting

_PHASES = {"setup": Phase.SETUP, "call": Phase.CALL, "teardown": Phase.TEARDOWN}


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One run. Node ids are relative to the folder it ran in."""

    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    """Tests that began, in the order in which they did."""
    collected: Mapping[str, int] = field(default_factory=dict)
    """Node id → line, of all that the files named hold, whether it was chosen or not."""
    chosen: tuple[str, ...] = ()
    sampled: frozenset[str] = frozenset()
    """Of the chosen ones, those that were drawn by chance."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Node id → the one that was asked for and is not there; it has its place among the sets of parameters."""
    uncollected: Mapping[str, str] = field(default_factory=dict)
    """Node id (mostly a file) → why it cannot be collected."""
    exit_code: int | None = None
    """pytest's own; ``None``: it did not come to its end."""
    process_code: int = 0
    wall_s: float = 0.0
    cut_short: bool = False
    """The time for the run was over, or it was stopped."""
    hung: bool = False
    """A test did not end, and its process had to be ended for it."""
    foreign: tuple[str, ...] = ()
    """Modules that came out of the user's own tree instead of the one under test."""
    strayed: Mapping[str, str] = field(default_factory=dict)
    """Package of the project → file of another folder of it that was imported instead."""
    trouble: tuple[str, ...] = ()
    """What the witness could not understand."""
    forged: bool = False
    """Somebody else spoke on the channel."""
    said: str = ""
    """The end of what was printed, for a person."""

    def as_asked(self) -> dict[str, Attempt]:
        """The attempts by the node ids that were asked for."""
        return {self.aliases.get(name, name): attempt for name, attempt in self.attempts.items()}

    @property
    def began(self) -> bool:
        """Pytest came as far as collecting."""
        return bool(self.collected or self.uncollected or self.exit_code is not None)


def joined(first: Witnessed, second: Witnessed) -> Witnessed:
    """Two runs of different tests as one; it came to its end if both did."""
    codes = (first.exit_code, second.exit_code)
    known = first.attempts.keys()
    return Witnessed(
        attempts={
            **first.attempts,
            **{n: a for n, a in second.attempts.items() if n not in known},
        },
        collected={**first.collected, **second.collected},
        chosen=tuple(dict.fromkeys([*first.chosen, *second.chosen])),
        sampled=first.sampled | second.sampled,
        aliases={**first.aliases, **second.aliases},
        uncollected={**first.uncollected, **second.uncollected},
        exit_code=None if None in codes else max(code for code in codes if code is not None),
        process_code=first.process_code or second.process_code,
        wall_s=first.wall_s + second.wall_s,
        cut_short=first.cut_short or second.cut_short,
        hung=first.hung or second.hung,
        foreign=tuple(sorted({*first.foreign, *second.foreign})),
        strayed={**first.strayed, **second.strayed},
        trouble=(*first.trouble, *second.trouble),
        forged=first.forged or second.forged,
        said=first.said if first.process_code else second.said,
    )


def read_witness(  # noqa: C901 - one for each sort of message
    said: Iterable[Mapping[str, Any]],
    *,
    setting: Setting,
    process_code: int = 0,
    wall_s: float = 0.0,
    cut_short: bool = False,
    hung: bool = False,
    forged: bool = False,
    output: str = "",
    root: str = "",
) -> Witnessed:
    """Put together what the witness said; names of files below ``root`` become relative to it."""
    reports: dict[str, list[Mapping[str, Any]]] = {}
    collected: dict[str, int] = {}
    chosen: dict[str, None] = {}
    uncollected: dict[str, str] = {}
    sampled: set[str] = set()
    aliases: dict[str, str] = {}
    foreign: set[str] = set()
    strayed: dict[str, str] = {}
    trouble: list[str] = []
    exit_code: int | None = None
    for entry in said:
        match entry:
            case {"start": name}:
                reports.setdefault(name, [])
            case {"report": name}:
                reports.setdefault(name, []).append(entry)
            case {"collected": values}:
                collected |= dict(values)
            case {"chosen": values}:
                chosen |= dict.fromkeys(values)
            case {"sampled": values}:
                sampled |= set(values)
            case {"aliases": values}:
                aliases |= dict(values)
            case {"uncollected": name, "why": why}:
                uncollected[name] = why
            case {"foreign": values}:
                foreign |= set(values)
            case {"strayed": values}:
                strayed |= dict(values)
            case {"trouble": what}:
                trouble.append(str(what))
            case {"end": code}:
                exit_code = int(code)
    attempts = {
        name: _relative(attempt_of(seen, setting, late=cut_short or hung), root)
        for name, seen in reports.items()
    }
    return Witnessed(
        attempts=attempts,
        collected=collected,
        chosen=tuple(chosen),
        sampled=frozenset(sampled),
        aliases=aliases,
        uncollected={name: _without(why, root) for name, why in uncollected.items()},
        exit_code=exit_code,
        process_code=process_code,
        wall_s=wall_s,
        cut_short=cut_short,
        hung=hung,
        foreign=tuple(sorted(foreign)),
        strayed=strayed,
        trouble=tuple(trouble),
        forged=forged,
        said=_without(output, root),
    )


def _relative(attempt: Attempt, root: str) -> Attempt:
    return replace(attempt, message=_without(attempt.message, root))


def _without(text: str, root: str) -> str:
    return text.replace(f"{root}/", "") if root else text


def attempt_of(reports: Sequence[Mapping[str, Any]], setting: Setting, *, late: bool) -> Attempt:
    """One attempt from the reports of a test's phases."""
    seconds = sum(float(report["s"]) for report in reports)
    last = [report for report in reports if report["outcome"] != "rerun"]
    for report in last:
        if report["outcome"] == "failed" or report["hidden"]:
            return replace(_failed(report, seconds, setting), body=_body(last))
    if not any(report["when"] == "teardown" for report in last):
        status = Status.TIMEOUT if late else Status.CRASHED
        text = "it did not end in time" if late else "the process ended before the test did"
        return Attempt(status, seconds, text, Phase.PROCESS, None, setting)
    told = next((report for report in last if report["outcome"] == "skipped"), last[-1])
    excused = any(report["xfail"] for report in last)
    skipped = told["outcome"] == "skipped"
    if excused:
        status = Status.XFAILED if skipped else Status.XPASSED
    else:
        status = Status.SKIPPED if skipped else Status.PASSED
    phase = _PHASES.get(told["when"], Phase.CALL) if skipped else Phase.CALL
    return Attempt(status, seconds, str(told["why"] or ""), phase, None, setting, _body(last))


_FAR = (Body.UNKNOWN, Body.NEVER, Body.BEGUN, Body.ENDED)


def _body(reports: Iterable[Mapping[str, Any]]) -> Body:
    """The farthest that any report of the test tells of: parts of it (subtests) are reported, too."""
    told = [Body(report.get("body") or "") for report in reports]
    return max(told, key=_FAR.index, default=Body.UNKNOWN)


def _failed(report: Mapping[str, Any], seconds: float, setting: Setting) -> Attempt:
    phase = _PHASES.get(report["when"], Phase.PROCESS)
    if report["late"]:
        status = Status.TIMEOUT
    elif phase is Phase.PROCESS:  # xdist says so when a worker died
        status = Status.CRASHED
    else:
        status = Status.FAILED if phase is Phase.CALL else Status.ERROR
    why = str(report["why"] or "")
    if report["hidden"]:
        why = f"{report['hidden']} (a hook of the suite turned this failure into a pass)"
    site = Site(str(report["site"][0]), int(report["site"][1])) if report["site"] else None
    return Attempt(status, seconds, why, phase, site, setting)
