"""Faults whose operators no template of ``tdad fix`` inverts: drawn at random, kept where they fail a test.

    python tools/repair_other.py [--subjects …] [--number 12]

The templates mirror the operators of the audit, so that figures about those say more about finding the place than about
what people do wrong. These are the other sample. Writes ``tools/repair_faults/NAME.jsonl``; run by hand, once.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import libcst as cst
from accuracy_history import NO_CODE, TESTS
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper
from repair_bugs import OTHERS, release
from repair_setup import NAMES, alone, baseline, clean, folder, prepare, suite

from tdad.facts_faults import FaultLevel
from tdad.source.mutations.site import Site
from tdad.source.mutations.walk import nodes

SEED = 1
TRIED = 5
"""Faults tried for each that is wanted."""
Found = tuple[str, int, int, str]
"""(what is done, from, to, text)."""


def main(arguments: list[str]) -> int:
    """Draw and keep; the exit code."""
    parser = argparse.ArgumentParser(prog="repair_other")
    parser.add_argument("--subjects", default=",".join(NAMES))
    parser.add_argument("--number", type=int, default=12)
    options = parser.parse_args(arguments)
    names = options.subjects.split(",")
    prepare(names)
    OTHERS.mkdir(exist_ok=True)
    for name in names:
        with alone(name):
            clean(name)
            lines = [json.dumps(each) for each in _failing(name, options.number)]
        (OTHERS / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
        print(name, len(lines), flush=True)
    return 0


def _failing(name: str, number: int) -> Iterator[dict[str, Any]]:
    """Faults that fail a test and let pytest begin."""
    left = number
    for fault in _drawn(name)[: TRIED * number]:
        file = Path(folder(name), fault["path"])
        before = file.read_bytes()
        try:
            text = before[: fault["start"]] + fault["text"].encode() + before[fault["end"] :]
            file.write_bytes(text)
            after = suite(name)
        finally:
            file.write_bytes(before)
        if after is not None and after.ends and after.broken_since(baseline(name)):
            yield fault
            left -= 1
            if not left:
                return


def _drawn(name: str) -> list[dict[str, Any]]:
    """Every fault of the subject in a random order in which the operators take turns."""
    chance = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    by_what: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(folder(name).rglob("*.py")):
        path = file.relative_to(folder(name)).as_posix()
        if not {*NO_CODE, *TESTS} & set(path.split("/")):
            for fault in _of(path, release(name, path)):
                by_what.setdefault(fault["operator"], []).append(fault)
    for found in by_what.values():
        chance.shuffle(found)
    longest = max(map(len, by_what.values()))
    rows = ([found[at] for found in by_what.values() if at < len(found)] for at in range(longest))
    return [fault for row in rows for fault in row]


def _of(path: str, data: bytes) -> Iterator[dict[str, Any]]:
    """Faults in the functions of one file."""
    module = cst.parse_module(data.decode("utf-8"))
    spans = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
    for node, scope in nodes(module):
        if scope.level is not FaultLevel.FUNCTION:
            continue
        site = Site(node, scope, data, spans)
        for operator, start, end, text in _operators(site):
            broken = data[:start] + text.encode() + data[end:]
            try:
                ast.parse(broken)
            except SyntaxError:
                continue
            line = data.count(b"\n", 0, start) + 1
            before = " ".join(data[start:end].decode().split())[:60]
            after = " ".join(text.split())[:60]
            yield {
                "path": path, "start": start, "end": end, "text": text, "operator": operator,
                "where": f"{path}::{scope.qualname} line {line}",
                "what": f"{operator}: {before} → {after or 'nothing'}",
            }  # fmt: skip


def _operators(site: Site) -> Iterator[Found]:
    yield from _conditions(site)
    yield from _parts(site)
    yield from _statements(site)


def _conditions(site: Site) -> Iterator[Found]:
    """A guard that lets everything pass; half of a condition forgotten."""
    match site.node:
        case cst.If(test=test, orelse=None):
            yield ("guard gone", *site.span(test), "True")
        case cst.BooleanOperation(left=left, right=right):
            for side in (left, right):
                yield ("operand gone", *site.span(site.node), site.text(side))


def _parts(site: Site) -> Iterator[Found]:
    """An argument, an element, a conversion or a bound forgotten."""
    match site.node:
        case cst.Call(func=cst.Attribute(value=value), args=[]):
            yield ("call gone", *site.span(site.node), site.text(value))
        case cst.Call(args=args):
            yield from _without(site, args, "argument gone")
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            yield from _without(site, elements, "element gone")
        case cst.Dict(elements=elements):
            yield from _without(site, elements, "element gone")
        case cst.Slice(lower=cst.BaseExpression() as lower):
            yield ("bound gone", *site.span(lower), "")


def _without(site: Site, parts: Any, what: str) -> Iterator[Found]:
    """Each part left out, with the comma after it; positional arguments but the last have a meaning by place."""
    parts = list(parts)
    if len(parts) < 2:
        return
    for one, following in pairwise(parts):
        if what != "argument gone" or one.keyword is not None:
            yield (what, site.span(one)[0], site.span(following)[0], "")
    start, end = site.span(parts[-2])[1], site.span(parts[-1])[1]
    yield (what, start, end, "")


def _statements(site: Site) -> Iterator[Found]:
    """Neighbours in the wrong order; the loop left where it should go on, and the other way round."""
    match site.node:
        case cst.Break():
            yield ("loop", *site.span(site.node), "continue")
        case cst.Continue():
            yield ("loop", *site.span(site.node), "break")
        case cst.IndentedBlock(body=body):
            for one, two in pairwise(body):
                if isinstance(one, cst.SimpleStatementLine) and isinstance(
                    two, cst.SimpleStatementLine
                ):
                    (a, b), (c, d) = site.span(one), site.span(two)
                    first, between, second = (
                        site.source[i:j].decode() for i, j in ((a, b), (b, c), (c, d))
                    )
                    yield ("order", a, d, f"{second}{between}{first}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
