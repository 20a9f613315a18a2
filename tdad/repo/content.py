"""Contents of files: blobs from git, bytes from the work tree, and stand-ins for what is not worth reading."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tdad.repo.git import Git

SOURCE_LIMIT_BYTES = 16 * 1024 * 1024
"""Python files above this are handled as data: no parser would answer in time."""
DATA_LIMIT_BYTES = 1024 * 1024
"""Other files above this are compared by digest: nobody reads their contents."""
_CHUNK_BYTES = 1024 * 1024
_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"


@dataclass(frozen=True, slots=True)
class Content:
    """What is in one version of one file. ``None``: it is not there (or no regular file)."""

    data: bytes | None
    note: str = ""
    """``large``: ``data`` is a digest; ``unreadable``: it is there, and we may not read it."""


def limit_of(path: str) -> int:
    """Return the size in bytes up to which the contents of ``path`` are read."""
    return SOURCE_LIMIT_BYTES if path.endswith((".py", ".pyi", ".pyw")) else DATA_LIMIT_BYTES


def stand_in(digest: str, size: int) -> bytes:
    """Return what stands for the contents of a file too large to read."""
    return f"\0tdad: {size} bytes, {digest}\n".encode()


def on_disk(root: str, path: str) -> Content:
    """Return what is in ``path`` in the work tree at ``root`` (symbolic links are followed)."""
    full = os.path.join(root, path)  # noqa: PTH118 - hot
    try:
        info = os.stat(full)  # noqa: PTH116 - hot
        if not stat.S_ISREG(info.st_mode):  # a pipe or a device would block
            return Content(None)
        with open(full, "rb") as file:  # noqa: PTH123 - hot
            if info.st_size <= limit_of(path):
                return Content(file.read())
            digest = hashlib.sha1(usedforsecurity=False)
            digest.update(b"blob %d\0" % info.st_size)  # as git names blobs: comparable with one
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
            return Content(stand_in(digest.hexdigest(), info.st_size), "large")
    except PermissionError:
        return Content(b"", "unreadable")
    except (OSError, ValueError):
        return Content(None)


def link_text(root: str, path: str) -> bytes:
    """Return the target of the symbolic link ``path`` as it is written; empty when it is none."""
    try:
        return os.fsencode(os.readlink(os.path.join(root, path)))  # noqa: PTH115, PTH118 - text, not a path
    except OSError:
        return b""


def is_inside(root: str, path: str) -> bool:
    """Tell whether ``path``, all symbolic links resolved, is below ``root``."""
    real = Path(os.path.realpath(os.path.join(root, path)))  # noqa: PTH118 - not normalised before it is resolved
    return real.is_relative_to(os.path.realpath(root))


def blobs(git: Git, wanted: Mapping[str, str]) -> dict[str, Content]:
    """Return the contents of git objects. ``wanted``: object name (``<id>`` or ``<rev>:<path>``) → path, for the limit.

    A name that git does not know, or that is no blob, has ``Content(None)``.
    """
    # cat-file reads one name a line
    names = [name for name in wanted if "\n" not in name]
    found = {name: Content(None) for name in wanted}
    if not names:
        return found
    sizes = git.run("cat-file", "--batch-check", stdin=_lines(names)).split(b"\n")
    small = []
    for name, answer in zip(names, sizes, strict=False):
        size = _blob_size(answer)
        if size is None:
            continue
        if size <= limit_of(wanted[name]):
            small.append(name)
        else:
            found[name] = Content(stand_in(answer.split()[0].decode(), size), "large")
    if small:
        text = git.run("cat-file", "--batch", stdin=_lines(small))
        found |= dict(zip(small, _batch(text), strict=False))
    return found


def _lines(names: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(name) + b"\n" for name in names)


def _blob_size(answer: bytes) -> int | None:
    words = answer.rsplit(b" ", 2)
    return int(words[2]) if len(words) == 3 and words[1] == b"blob" else None


def _batch(text: bytes) -> Iterable[Content]:
    start = 0
    while start < len(text):
        end = text.index(b"\n", start)
        size = _blob_size(text[start:end])
        start = end + 1
        if size is None:
            yield Content(None)
        else:
            yield Content(text[start : start + size])
            start += size + 1


def same_text(path: str, old: bytes, new: bytes) -> bool:
    """Tell whether Python source ``old`` and ``new`` differ in nothing but line endings, which Python does not see."""
    return path.endswith((".py", ".pyi", ".pyw")) and _unix(old) == _unix(new)


def in_endings_of(old: bytes, new: bytes) -> bytes:
    """Return ``old`` with the line endings of ``new``, if each has but one kind.

    Git stores LF what a Windows checkout has as CRLF. Spoken in the endings of the work tree, the old version has the
    bytes (and the digest) that it had when its tests were recorded there.
    """
    if b"\0" in old or b"\0" in new or not old or not new:
        return old
    if b"\r" not in old and new.count(b"\r\n") == new.count(b"\n") > 0:
        return old.replace(b"\n", b"\r\n")
    if b"\r" not in new and old.count(b"\r\n") == old.count(b"\n") > 0:
        return old.replace(b"\r\n", b"\n")
    return old


def is_pointer_to(old: bytes, new: bytes) -> bool:
    """Tell whether ``old`` is the Git LFS pointer of ``new`` (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md)."""
    if not old.startswith(_LFS_POINTER):
        return False
    digest = hashlib.sha256(new).hexdigest()
    return f"oid sha256:{digest}\n".encode() in old


def _unix(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
