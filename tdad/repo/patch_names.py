"""Names of files in patches: quoting, prefixes, timestamps, and which ones are refused."""

from __future__ import annotations

import os
import re

from tdad.errors import PatchUnreadable, PatchUnsafePath

_ESCAPES = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_STAMP = re.compile(
    rb"(?:\t.*|\s+(?:\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} .*"
    rb"|\((?:revision|working copy|nonexistent|rev ).*\)))$",
    re.DOTALL,
)
_EPOCH = re.compile(rb"\b(?:1970-01-01 0|1969-12-31 [12]|Thu Jan 0?1 0\d:\d\d:\d\d 1970)")
# Left and right names as git writes them: a/ b/, and with diff.mnemonicPrefix index, work tree, commit, object.
_PREFIXES = frozenset("abciwo12")


def unquoted(name: bytes) -> bytes:
    """Return the file name that git wrote as ``name``, in C quotes if it needs them."""
    if len(name) < 2 or not (name.startswith(b'"') and name.endswith(b'"')):
        return name

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        value = int(code, 8) & 0xFF if len(code) == 3 else _ESCAPES.get(code, code[0])
        return bytes([value])

    return _ESCAPE.sub(plain, name[1:-1])


def traditional_name(text: bytes) -> str | None:
    """Return the name in a ``---`` or ``+++`` line, without its timestamp; ``None`` for /dev/null."""
    if text.startswith(b'"'):
        end = re.match(rb'"(?:[^"\\]|\\.)*"', text)
        name = unquoted(end[0]) if end else text
    else:
        name = _STAMP.sub(b"", text)
    return None if name in {b"/dev/null", b"NUL", b"nul"} else os.fsdecode(name)


def is_epoch(text: bytes) -> bool:
    """Tell whether the timestamp of a ``---`` or ``+++`` line is the epoch: GNU diff's word for "no such file"."""
    return _EPOCH.search(text) is not None or b"(nonexistent)" in text


def stripped(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Return both names without the prefixes that the diff put before them, if it did.

    A first component is a prefix when both sides have one, a different one, before the same rest; or when it is one
    that git and hg write (``a/``, ``b/``) and both sides agree on having one.
    """
    names = [name for name in (old, new) if name is not None]
    heads = [name.partition("/") for name in names]
    if not all(slash and rest for _, slash, rest in heads):
        return old, new
    written = all(head in _PREFIXES for head, _, _ in heads)
    if len(names) == 2:
        (first, _, old_rest), (second, _, new_rest) = heads
        if first == second or not (written or old_rest == new_rest):
            return old, new
        if first in {".", ".."} or not first or not second:
            return old, new
        return old_rest, new_rest
    if not written:
        return old, new
    return (heads[0][2] if old is not None else None), (heads[0][2] if new is not None else None)


def safe(path: str) -> str:
    """Return ``path`` in normal form.

    Raises:
        PatchUnsafePath: it is absolute, leads out of the project, into ``.git``, or is no path.
    """
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/") or re.match(r"[A-Za-z]:[\\/]", path):
        raise PatchUnsafePath(path, "an absolute path")
    if ".." in parts or ".." in path.split("\\"):
        raise PatchUnsafePath(path, "which leads out of the project")
    if any(part.lower() == ".git" for part in parts):
        raise PatchUnsafePath(path, "which belongs to git")
    if not parts or "\0" in path:
        raise PatchUnsafePath(path, "which is no path")
    return "/".join(parts)


def git_names(
    number: int,
    names: bytes,
    header: dict[bytes, bytes],
    old_text: bytes | None,
    new_text: bytes | None,
) -> tuple[str | None, str | None]:
    """Return the names on both sides; the sources agree, and not every one is always there."""
    old = header.get(b"rename from ", header.get(b"rename old ", header.get(b"copy from ")))
    new = header.get(b"rename to ", header.get(b"rename new ", header.get(b"copy to ")))
    if old is not None and new is not None:
        return os.fsdecode(unquoted(old)), os.fsdecode(unquoted(new))
    both = _from_git_line(names)
    if old_text is not None and new_text is not None:
        first, second = traditional_name(old_text), traditional_name(new_text)
        if first is not None and second is not None:
            return stripped(first, second)
        # One side is /dev/null: the header line tells whether the other one has a prefix.
        if both is not None:
            return (None, both) if first is None else (both, None)
        return stripped(first, second)
    if both is None:
        raise PatchUnreadable(number, "the names in the 'diff --git' line cannot be told apart")
    return both, both


def _from_git_line(names: bytes) -> str | None:
    """Return the one name that ``a/NAME b/NAME`` holds twice; spaces in it are not quoted, other characters are."""
    if names.startswith(b'"') or names.endswith(b'"'):
        match = re.fullmatch(rb'("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)', names)
        pairs = [(unquoted(match[1]), unquoted(match[2]))] if match else []
    else:
        # Both names are equal but for a prefix of a few characters, so the space is near the middle.
        middle = len(names) // 2
        pairs = [
            (names[:at], names[at + 1 :])
            for at in sorted(
                range(max(0, middle - 16), min(len(names), middle + 17)),
                key=lambda at: abs(at - middle),
            )
            if names[at : at + 1] == b" "
        ]
    for old, new in pairs:
        first, second = stripped(os.fsdecode(old), os.fsdecode(new))
        if first == second and first:
            return first
    return None
