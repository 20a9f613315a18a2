"""Code that asks whether tests run it: then it may do something else when they do not. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from tdad.facts import FileVersion

_ASKS = re.compile(
    r"PYTEST_(?:CURRENT_TEST|VERSION|XDIST_\w+)"
    r"|[\"'](?:_?pytest|unittest)[\"']\s+(?:not\s+)?in\s+(?:\w+\.)?modules"
    r"|modules\.get\(\s*[\"'](?:_?pytest|unittest)[\"']"
)


def aware_of_tests(
    files: Iterable[FileVersion], is_test: Callable[[str], bool]
) -> Iterator[tuple[str, int, str]]:
    """Yield (path, line, what is asked) of each question that code asks and did not ask in the version before.

    Args:
        files: Of the change.
        is_test: Path → whether it is code of the tests, which may ask.
    """
    for version in files:
        if version.new is None or not version.path.endswith(".py") or is_test(version.path):
            continue
        before = Counter(word for _, word in _questions(version.old or b""))
        for line, word in _questions(version.new):
            if before[word]:
                before[word] -= 1
            else:
                yield version.path, line, word


def _questions(data: bytes) -> Iterator[tuple[int, str]]:
    """(line, text) of each question."""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        code = line.partition("#")[0]
        yield from ((number, found.group()) for found in _ASKS.finditer(code))
