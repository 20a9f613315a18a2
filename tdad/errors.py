"""What a user can put right. Each error is one sentence that ends with the next command to type.

The ``slug`` of each class heads a section of ``docs/reference/messages.md``.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import ClassVar


@unique
class ExitCode(IntEnum):
    """Exit codes of every command (``docs/reference/exit-codes.md``)."""

    YES = 0
    NO = 1
    USAGE = 2
    UNDECIDED = 3
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class TdadError(Exception):
    """Base of all errors that are the answer to a bad input. ``str()`` is the sentence for the user."""

    slug: ClassVar[str] = "error"
    exit_code: ClassVar[ExitCode] = ExitCode.UNDECIDED


class UsageError(TdadError):
    """The command line does not make sense."""

    slug = "usage"
    exit_code = ExitCode.USAGE


class InterpreterNotFound(TdadError):
    """No interpreter where the user or the project said there is one."""

    slug = "interpreter-not-found"

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(
            f"no Python interpreter at {where} ({reason}). Name one: tdad record --python PATH -- <pytest arguments>"
        )


class InterpreterTooOld(TdadError):
    """The interpreter of the project is older than what the recorder supports."""

    slug = "interpreter-too-old"

    def __init__(self, python: str, version: str) -> None:
        self.python = python
        self.version = version
        super().__init__(
            f"{python} is Python {version}, and recording needs 3.8 or newer."
            " Name another: tdad record --python PATH -- <pytest arguments>"
        )


class InterpreterWithoutPytest(TdadError):
    """The interpreter of the project cannot import a pytest that the recorder can use."""

    slug = "interpreter-without-pytest"

    def __init__(self, python: str, found: str | None) -> None:
        self.python = python
        self.found = found
        what = f"has pytest {found}, and recording needs 7 or newer" if found else "has no pytest"
        super().__init__(f"{python} {what}. Install it: {python} -m pip install 'pytest>=7'")


class CoverageFileUnusable(TdadError):
    """The file to import is missing, corrupt, from a newer coverage, or no coverage data file at all."""

    slug = "coverage-file-unusable"

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"cannot read {path} as a coverage data file ({reason})."
            " Make one: pytest --cov --cov-context=test, then: tdad map import .coverage"
        )


class CoverageWithoutContexts(TdadError):
    """The coverage data do not tell which test executed what."""

    slug = "coverage-without-contexts"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"{path} does not say which test executed what."
            " Measure again with test contexts: pytest --cov --cov-context=test"
        )


class CoverageOutsideRoot(TdadError):
    """The coverage data are about files that are not below the project root."""

    slug = "coverage-outside-root"

    def __init__(self, path: str, root: str, example: str) -> None:
        self.path = path
        self.root = root
        self.example = example
        super().__init__(
            f"{path} measured nothing below {root} (but {example}). Give the data paths of this checkout:"
            " set [paths] in the coverage configuration, then: coverage combine --keep"
        )


class MapError(TdadError):
    """The map file cannot be used as it is. ``path`` is where it is (or should be)."""

    slug = "map"

    def __init__(self, path: str, sentence: str) -> None:
        self.path = path
        super().__init__(sentence)


class MapNotFound(MapError):
    """There is no map file."""

    slug = "map-not-found"

    def __init__(self, path: str) -> None:
        super().__init__(path, f"no test map at {path}. Build one: pytest --tdad-map")


class MapNewer(MapError):
    """A newer tdad wrote the map file."""

    slug = "map-newer"

    def __init__(self, path: str, version: int, supported: int) -> None:
        self.version = version
        self.supported = supported
        super().__init__(
            path,
            f"{path} was written by a newer tdad (schema {version}, this one knows up to {supported})."
            " Upgrade: pip install --upgrade tdad",
        )


class MapCorrupt(MapError):
    """The map file is damaged. It is never deleted."""

    slug = "map-corrupt"

    def __init__(self, path: str, detail: str) -> None:
        self.detail = detail
        super().__init__(
            path,
            f"the test map {path} is damaged ({detail}). Move it aside and record again:"
            f" mv {path} {path}.damaged && pytest --tdad-map",
        )


class MapLocked(MapError):
    """Another process kept the map file locked for longer than we wait."""

    slug = "map-locked"

    def __init__(self, path: str, waited_s: float) -> None:
        self.waited_s = waited_s
        super().__init__(
            path,
            f"another process is writing {path} (waited {waited_s:g} s)."
            " Wait for it to end, then say again what you typed; see who it is: fuser " + path,
        )


class MapReadOnly(MapError):
    """The map file or its folder cannot be written."""

    slug = "map-read-only"

    def __init__(self, path: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            path, f"cannot write {path} ({reason}). Make it writable: chmod u+w {path} and its folder"
        )


class NotAMap(MapError):
    """The file is not a test map: another kind of file, or another program's database."""

    slug = "not-a-map"

    def __init__(self, path: str, detail: str) -> None:
        self.detail = detail
        super().__init__(
            path,
            f"{path} is not a test map ({detail}). Move it aside and record: mv {path} {path}.other"
            " && pytest --tdad-map",
        )


class DiskFull(MapError):
    """There is no room to write; what was there before is intact."""

    slug = "disk-full"

    def __init__(self, path: str, detail: str) -> None:
        self.detail = detail
        super().__init__(
            path,
            f"no room to write {path} ({detail}); the previous map is intact. Make room: df -h, then"
            " record again: pytest --tdad-map",
        )
