"""A patch as the text of a unified diff that ``git apply`` reads. Pure; bytes stay what they are."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from tdad.agent.search.hunks import lines_of
from tdad.facts_fix import Patch

_NO_NEWLINE = b"\n\\ No newline at end of file\n"


def patch_text(before: Mapping[str, bytes | None], patch: Patch) -> bytes:
    """Return the diff from ``before`` (path → contents at the start) to ``patch``.

    Files that do not differ are left out.
    """
    return b"".join(
        part
        for path, new in sorted(patch.items())
        if new != before.get(path)
        for part in _file(path, before.get(path), new)
    )


def changed_lines(before: Mapping[str, bytes | None], patch: Patch) -> int:
    """Number of lines that the diff takes away or adds."""
    return sum(
        line.startswith((b"+", b"-")) and not line.startswith((b"+++", b"---"))
        for line in patch_text(before, patch).split(b"\n")
    )


def _file(path: str, old: bytes | None, new: bytes | None) -> Iterator[bytes]:
    name = path.encode("utf-8", "surrogateescape")
    yield b"diff --git a/%s b/%s\n" % (name, name)
    if old is None:
        yield b"new file mode 100644\n"
    if new is None:
        yield b"deleted file mode 100644\n"
    if b"\0" in (old or b"") or b"\0" in (new or b""):
        yield b"Binary files differ\n"
        return
    if not (old or new):
        return
    yield b"--- /dev/null\n" if old is None else b"--- a/%s\n" % name
    yield b"+++ /dev/null\n" if new is None else b"+++ b/%s\n" % name
    shown = difflib.diff_bytes(
        difflib.unified_diff, lines_of(old or b""), lines_of(new or b""), b"", b"", lineterm=b"\n"
    )
    for number, line in enumerate(shown):
        if number >= 2:  # its own two lines of names
            yield line if line.endswith(b"\n") else line + _NO_NEWLINE
