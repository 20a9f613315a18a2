"""Files whose doctests pytest runs. The code alone tells neither that they are there nor what they use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from tdad.config import PytestIni
from tdad.facts import FileVersion

_PROMPT = b">>>"
_ALWAYS = ("test*.txt",)
"""What pytest takes for doctests where it is told nothing."""
_GLOB = "--doctest-glob"


def doctest_files(ini: PytestIni, root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of some paths below ``root`` that hold doctests which pytest is configured to run, sorted."""
    globs = tuple(_globs(ini.addopts)) or _ALWAYS
    modules = "--doctest-modules" in ini.addopts
    return tuple(
        path
        for path in sorted(paths)
        if (modules if path.endswith(".py") else _matches(path, globs))
        and _has_prompt(root / path)
    )


def changed_doctests(
    ini: PytestIni, root: Path, versions: Sequence[FileVersion]
) -> tuple[str, ...]:
    """The same of the files that a change adds or edits."""
    return doctest_files(ini, root, [v.path for v in versions if v.new is not None])


def _globs(addopts: Sequence[str]) -> Iterator[str]:
    for number, option in enumerate(addopts):
        if option.startswith(f"{_GLOB}="):
            yield option.partition("=")[2]
        elif option == _GLOB:
            yield from addopts[number + 1 : number + 2]


def _matches(path: str, globs: Sequence[str]) -> bool:
    """As pytest does: a glob with a slash is one for the whole path."""
    return any(fnmatch(path if "/" in glob else PurePosixPath(path).name, glob) for glob in globs)


def _has_prompt(file: Path) -> bool:
    try:
        return _PROMPT in file.read_bytes()
    except OSError:
        return False
