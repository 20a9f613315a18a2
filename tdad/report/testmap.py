"""The TDAD paper's format: one line per source file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def render_testmap(tests_of: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """``source.py: tests/test_a.py tests/test_b.py``, sorted: the TDAD paper's format.

    Args:
        tests_of: Source file → test files; files without tests are left out.
    """
    for source in sorted(tests_of):
        tests = sorted(set(tests_of[source]))
        if tests:
            yield f"{source}: {' '.join(tests)}\n"
