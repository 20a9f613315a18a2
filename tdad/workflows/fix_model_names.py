"""Tests that a model names, and what the map says about a file or a definition that it names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from tdad.errors import TdadError
from tdad.facts import Definition, OwnerKind
from tdad.store import open_map
from tdad.workflows.fix_hunt import Hunt

_LISTED = 12


def named_tests(hunt: Hunt, wanted: Sequence[str], limit_s: float) -> tuple[list[str], str]:
    """(node ids, what is wrong): names of tests, classes, files and folders, as models write them."""
    known = sorted({*hunt.start.statuses, *hunt.start.uncollected, *hunt.targets})
    found: list[str] = []
    for given in wanted:
        name = given.strip().removeprefix("./").rstrip("/")
        matching = [
            each
            for each in known
            if each == name or each.startswith((f"{name}::", f"{name}[", f"{name}/"))
        ]
        if not matching:
            near = difflib.get_close_matches(name, known, 3)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            return [], f"There is no test {name}.{hint}"
        found += matching
    found = list(dict.fromkeys(found))
    spent = sum(hunt.start.durations.get(name, 0.0) for name in found)
    if spent > limit_s:
        return (
            [],
            f"These are {len(found):,} tests, which take {spent:.0f} s. Name fewer, or say impacted.",
        )
    return found, ""


def reach_text(hunt: Hunt, what: str) -> str:
    """The tests that reach a file or a definition of it: ``path``, ``path::qualname`` or a bare name."""
    if not what:
        return "Say of what: map:FILE or map:FILE::NAME."
    path, _, qualname = what.partition("::")
    try:
        with open_map(hunt.map_path, mode="read") as store:
            recorded = store.recorded()
            paths = [path] if path in set(recorded.paths()) else []
            found: set[str] = set()
            for each in paths or (recorded.paths() if not qualname and "/" not in path else ()):
                for digest in recorded.versions(each)[:1]:
                    facts = recorded.facts(each, digest)
                    wanted = qualname if paths else path
                    starts = _starts(facts.definitions if facts else (), wanted)
                    if starts:
                        owners = recorded.entering(each, digest, starts)
                        found |= {o.name for o in owners if o.kind is OwnerKind.TEST}
    except TdadError as error:
        return f"The map cannot be read: {error}"
    if not found:
        return f"No test is known to reach {what}."
    names = sorted(found)
    more = f"\n… and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{len(names)} tests reach {what}:\n" + "\n".join(names[:_LISTED]) + more


def _starts(definitions: Sequence[Definition], qualname: str) -> frozenset[int]:
    """First lines of the definitions of that name; all of the file without one."""
    return frozenset(
        each.span.first
        for each in definitions
        if not qualname or each.qualname == qualname or each.qualname.endswith(f".{qualname}")
    )
