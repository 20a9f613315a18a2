"""Digests of the files of a run, taken once at the end; a file that changed while the run went on has none."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Dict, Iterator, Set, Tuple

_stat = os.stat

State = Tuple[int, int]


def states(directory: str) -> Dict[str, Set[State]]:
    """Return project path → states (mtime in ns, size) in which the processes of the run saw that file."""
    found: Dict[str, Set[State]] = {}
    for name in sorted(os.listdir(directory)):
        if name.endswith(".jsonl"):
            for record in _files(os.path.join(directory, name)):
                state = (record["mtime_ns"], record["size"])
                found.setdefault(record["path"], set()).add(state)
    return found


def digest(filename: str, seen: Set[State]) -> str:
    """Return BLAKE2b-128 in hexadecimal, empty when the file is not in the one state that was seen."""
    try:
        status = _stat(filename)
        if seen != {(status.st_mtime_ns, status.st_size)}:
            return ""
        with open(filename, "rb") as file:
            return hashlib.blake2b(file.read(), digest_size=16).hexdigest()
    except OSError:
        return ""


def _files(filename: str) -> Iterator[Dict[str, Any]]:
    with open(filename, "rb") as lines:
        for line in lines:
            if line.startswith(b'{"t":"file"'):
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if "mtime_ns" in record:
                    yield record
