"""Where a run is made: interpreter, platform, distributions.

Read from the names of folders, which takes milliseconds where ``importlib.metadata`` takes a tenth of a second.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from typing import Any, Container, Dict, Iterator, List, Optional, Sequence, Tuple

_listdir = os.listdir
_exists = os.path.exists


def interpreter() -> str:
    """Return implementation and full version: ``cpython 3.13.0``."""
    version = "%d.%d.%d" % sys.version_info[:3]
    if sys.version_info[3] != "final":
        version += "%s%d" % (sys.version_info[3], sys.version_info[4])
    return "%s %s" % (sys.implementation.name, version)


def system() -> str:
    """Return operating system and machine: ``linux x86_64``."""
    return "%s %s" % (sys.platform, platform.machine())


def search_path() -> List[str]:
    """Return the folders of ``sys.path`` that hold installed distributions, in order."""
    return list(dict.fromkeys(os.path.abspath(parent or ".") for parent, _ in _metadata()))


def packages(search: Optional[Sequence[str]] = None) -> Dict[str, str]:
    """Return distribution (normalised name) → version, of everything on ``sys.path``; the first one found counts.

    With ``search``: of those folders, which may belong to another interpreter.
    """
    found: Dict[str, str] = {}
    for _, folder in _metadata(search):
        name, _, version = folder.rpartition(".")[0].partition("-")
        if folder.endswith(".egg-info"):
            version = version.partition("-py")[0]
        found.setdefault(_normal(name), version)
    return found


def modules(
    names: List[str], search: Optional[Sequence[str]] = None, only: Optional[Container[str]] = None
) -> Dict[str, str]:
    """Return top-level module → distribution, for those of ``names`` that a distribution (of ``only``) installed."""
    wanted = set(names)
    found: Dict[str, str] = {}
    if not wanted:
        return found
    for parent, folder in _metadata(search):
        distribution = _normal(folder.rpartition(".")[0].partition("-")[0])
        if only is not None and distribution not in only:
            continue
        path = os.path.join(parent, folder)
        text = _text(os.path.join(path, "top_level.txt"))
        tops = set(text.split()) if text is not None else _from_record(path)
        for top in tops & wanted:
            found.setdefault(top, distribution)
    return found


def plugins(manager: Any) -> List[str]:
    """Return ``name-version`` of the distributions that pytest loaded plugins from."""
    pairs = {(dist.project_name, dist.version) for _, dist in manager.list_plugin_distinfo()}
    return sorted("%s-%s" % pair for pair in pairs)


def _metadata(search: Optional[Sequence[str]] = None) -> Iterator[Tuple[str, str]]:
    for parent in sys.path if search is None else search:
        try:
            names = sorted(_listdir(parent or "."))
        except OSError:
            continue
        for name in names:
            if name.endswith(".egg-info") or (
                name.endswith(".dist-info") and _exists(os.path.join(parent, name, "METADATA"))
            ):  # what an interrupted removal leaves behind is not installed
                yield parent, name


def _from_record(path: str) -> "set[str]":
    text = _text(os.path.join(path, "RECORD")) or ""
    tops = {line.partition(",")[0].partition("/")[0] for line in text.splitlines()}
    return {top.partition(".")[0] for top in tops}


def _text(path: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
