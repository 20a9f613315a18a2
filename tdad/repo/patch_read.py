"""Unified diffs, read: what git, GNU diff, svn and hg write, one or several in a text with anything in between.

Reading is one pass over the text and keeps slices of it, so a diff of 50 MB costs about twice its size. Lines are
1-based lines of the patch. Paths are as the patch means them: without ``a/`` and ``b/``, POSIX.
"""

from __future__ import annotations

import re

from tdad.errors import PatchUnreadable
from tdad.repo.patch import BinaryHunk, FilePatch, Hunk, PatchSet
from tdad.repo.patch_names import git_names, is_epoch, safe, stripped, traditional_name

_HUNK = re.compile(rb"@@ -(\d{1,10})(?:,(\d{1,10}))? \+(\d{1,10})(?:,(\d{1,10}))? @@")
_BARE_BINARY = re.compile(rb"(?:Binary files|Files) (.+) and (.+) differ$")
_BINARY_HUNK = re.compile(rb"(literal|delta) (\d{1,12})$")


def read_patch(text: bytes) -> PatchSet:
    """Return what the unified diffs in ``text`` say; what is around them (mail, logs) is skipped.

    Raises:
        PatchUnreadable: no unified diff in it, a damaged hunk, a combined or context diff.
        PatchUnsafePath: a path is absolute, has ``..``, or is in ``.git``.
    """
    if not text.strip():
        return PatchSet()
    reader = _Reader(text)
    files: list[FilePatch] = []
    while not reader.at_end():
        found = _next_file(reader)
        if found is not None:
            files.append(found)
    if not files:
        raise PatchUnreadable(0, "there is no unified diff in it")
    return PatchSet(tuple(files))


class _Reader:
    """A position in the text, line by line, without a list of all lines."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.start = 0
        self.number = 1

    def at_end(self) -> bool:
        return self.start >= len(self.text)

    def raw(self) -> bytes:
        """Return the current line with its end."""
        end = self.text.find(b"\n", self.start)
        return self.text[self.start :] if end < 0 else self.text[self.start : end + 1]

    def line(self) -> bytes:
        """Return the current line without its end."""
        return self.raw().rstrip(b"\r\n")

    def skip(self) -> None:
        end = self.text.find(b"\n", self.start)
        self.start = len(self.text) if end < 0 else end + 1
        self.number += 1

    def starts(self, prefix: bytes) -> bool:
        return self.text.startswith(prefix, self.start)

    def following(self, count: int) -> bytes:
        """Return the line ``count`` lines further, without its end."""
        at = self.start
        for _ in range(count):
            end = self.text.find(b"\n", at)
            if end < 0:
                return b""
            at = end + 1
        end = self.text.find(b"\n", at)
        return (self.text[at:] if end < 0 else self.text[at:end]).rstrip(b"\r")


def _next_file(reader: _Reader) -> FilePatch | None:
    """Read one file's patch, or skip one line."""
    if reader.starts(b"diff --git "):
        return _git_file(reader)
    if any(map(reader.starts, (b"diff --cc ", b"diff --combined ", b"@@@ "))):
        raise PatchUnreadable(
            reader.number, "a combined diff of a merge says nothing about one old version"
        )
    if reader.starts(b"--- ") and reader.following(1).startswith(b"+++ "):
        if _HUNK.match(reader.following(2)):
            return _traditional_file(reader)
    elif reader.starts(b"*** ") and reader.following(2).startswith(b"***************"):
        raise PatchUnreadable(reader.number, "this is a context diff, not a unified one")
    elif reader.starts(b"Binary files ") and (match := _BARE_BINARY.match(reader.line())):
        return _bare_binary(reader, match)
    elif reader.starts(b"@@ -") and _HUNK.match(reader.line()):
        raise PatchUnreadable(reader.number, "a hunk without the names of its file before it")
    reader.skip()
    return None


# --------------------------------------------------------------------------------------
# Headers
# --------------------------------------------------------------------------------------


def _traditional_file(reader: _Reader) -> FilePatch:
    number = reader.number
    old_text, new_text = reader.line()[4:], reader.following(1)[4:]
    reader.skip()
    reader.skip()
    hunks = _hunks(reader)
    old_name, new_name = stripped(traditional_name(old_text), traditional_name(new_text))
    created = old_name is None or (is_epoch(old_text) and _empty_side(hunks, old=True))
    deleted = new_name is None or (is_epoch(new_text) and _empty_side(hunks, old=False))
    if created and deleted:
        raise PatchUnreadable(number, "neither side has a file")
    return FilePatch(
        None if created else safe(old_name or new_name or ""),
        None if deleted else safe(new_name or old_name or ""),
        hunks,
        line=number,
    )


def _empty_side(hunks: tuple[Hunk, ...], *, old: bool) -> bool:
    return len(hunks) == 1 and (hunks[0].old_count if old else hunks[0].new_count) == 0


def _bare_binary(reader: _Reader, match: re.Match[bytes]) -> FilePatch | None:
    number = reader.number
    reader.skip()
    old, new = stripped(traditional_name(match[1]), traditional_name(match[2]))
    if old is None and new is None:
        return None
    return FilePatch(
        safe(old) if old is not None else None,
        safe(new) if new is not None else None,
        opaque=True,
        line=number,
    )


_EXTENDED = (
    b"old mode ",
    b"new mode ",
    b"deleted file mode ",
    b"new file mode ",
    b"copy from ",
    b"copy to ",
    b"rename from ",
    b"rename to ",
    b"rename old ",
    b"rename new ",
    b"similarity index ",
    b"dissimilarity index ",
    b"index ",
)


def _git_file(reader: _Reader) -> FilePatch:
    number = reader.number
    names = reader.line()[len(b"diff --git ") :]
    reader.skip()
    header = _extended(reader)
    old_text = new_text = None
    if reader.starts(b"--- ") and reader.following(1).startswith(b"+++ "):
        old_text, new_text = reader.line()[4:], reader.following(1)[4:]
        reader.skip()
        reader.skip()
    hunks = _hunks(reader)
    binary, opaque = (None, False) if hunks else _binary(reader)
    old, new = git_names(number, names, header, old_text, new_text)
    created = b"new file mode " in header or old is None
    deleted = b"deleted file mode " in header or new is None
    old_mode = header.get(b"old mode ") or header.get(b"deleted file mode ") or b""
    new_mode = header.get(b"new mode ") or header.get(b"new file mode ") or b""
    words = header.get(b"index ", b"").split()
    if len(words) == 2:
        old_mode, new_mode = old_mode or words[1], new_mode or words[1]
    return FilePatch(
        None if created else safe(old or new or ""),
        None if deleted else safe(new or old or ""),
        hunks,
        old_mode.decode("ascii", "replace") if not created else "",
        new_mode.decode("ascii", "replace") if not deleted else "",
        renamed=bool(header.keys() & {b"rename from ", b"rename old "}),
        copied=b"copy from " in header,
        binary=binary,
        opaque=opaque,
        git=True,
        line=number,
    )


def _extended(reader: _Reader) -> dict[bytes, bytes]:
    header: dict[bytes, bytes] = {}
    while not reader.at_end():
        line = reader.line()
        key = next((key for key in _EXTENDED if line.startswith(key)), None)
        if key is None:
            break
        header[key] = line[len(key) :]
        reader.skip()
    return header


# --------------------------------------------------------------------------------------
# Hunks
# --------------------------------------------------------------------------------------


def _hunks(reader: _Reader) -> tuple[Hunk, ...]:
    found = []
    while reader.starts(b"@@ -") and (match := _HUNK.match(reader.line())):
        found.append(_hunk(reader, match))
    return tuple(found)


def _hunk(reader: _Reader, match: re.Match[bytes]) -> Hunk:
    number = reader.number
    old_count = int(match[2]) if match[2] is not None else 1
    new_count = int(match[4]) if match[4] is not None else 1
    reader.skip()
    start = reader.start
    old_left, new_left = old_count, new_count
    while old_left > 0 or new_left > 0:
        if reader.at_end():
            raise PatchUnreadable(number, "the patch ends in the middle of this hunk")
        first = reader.text[reader.start : reader.start + 1]
        if first in b" \n\r":  # an empty line of context may have lost its space on the way
            old_left -= 1
            new_left -= 1
        elif first == b"-":
            old_left -= 1
        elif first == b"+":
            new_left -= 1
        elif first != b"\\":
            raise PatchUnreadable(reader.number, "neither context nor an added or removed line")
        if old_left < 0 or new_left < 0:
            raise PatchUnreadable(number, "this hunk has not as many lines as it says")
        reader.skip()
    if reader.starts(b"\\"):  # "\ No newline at end of file"
        reader.skip()
    body = reader.text[start : reader.start]
    return Hunk(int(match[1]), old_count, int(match[3]), new_count, body, number)


def _binary(reader: _Reader) -> tuple[BinaryHunk | None, bool]:
    """Return the forward hunk of a binary patch, and whether contents are missing from the patch."""
    if reader.starts(b"Binary files ") or reader.starts(b"Files "):
        matched = _BARE_BINARY.match(reader.line()) is not None
        if matched:
            reader.skip()
        return None, matched
    if not reader.starts(b"GIT binary patch"):
        return None, False
    number = reader.number
    reader.skip()
    forward = _binary_hunk(reader)
    if forward is None:
        raise PatchUnreadable(number, "a binary patch without data")
    _binary_hunk(reader)  # the way back, which nobody asked for
    return forward, False


def _binary_hunk(reader: _Reader) -> BinaryHunk | None:
    match = _BINARY_HUNK.match(reader.line())
    if match is None:
        return None
    number = reader.number
    reader.skip()
    start = reader.start
    while not reader.at_end() and reader.line():
        reader.skip()
    lines = reader.text[start : reader.start]
    reader.skip()
    return BinaryHunk(match[1] == b"delta", int(match[2]), lines, number)
