"""The tests of a worktree must import the worktree: not an editable install, nor a copy that is installed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from tdad.errors import AuditWrongTree
from tdad.runner.confined import Confine
from tdad.workflows.audit_copy import elsewhere, import_folders

_NO_CODE = frozenset(
    {
        "tests",
        "test",
        "testing",
        "docs",
        "doc",
        "examples",
        "example",
        "scripts",
        "tools",
        "benchmarks",
    }
)


def folders_and_names(
    python: str, original: Path, copy: Path, files: Sequence[str], confine: Confine
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """(folders of ``copy`` for PYTHONPATH, packages that must come from it → where in it they are).

    Where the interpreter would take a package from elsewhere (it is installed from another folder, or as a copy), the
    folder in which the worktree has it goes in front.

    Raises:
        AuditWrongTree: it would come from elsewhere all the same.
    """
    entries = import_folders(python, original, copy, files, confine)
    packages = packages_of(files)
    wrong = elsewhere(python, copy, tuple(packages), entries, confine)
    if wrong:
        more = dict.fromkeys(packages[name] for name in sorted(wrong))
        entries = tuple(dict.fromkeys([*entries, *more]))
        still = elsewhere(python, copy, tuple(packages), entries, confine)
        for name, place in sorted(still.items()):
            raise AuditWrongTree(name, place, python)
    return entries, packages


def strays(
    imported: Mapping[str, str], files: Collection[str], added: Collection[str]
) -> Iterator[str]:
    """Yield why runs are not believed in which a package came from a copy of it that the change brings along.

    Args:
        imported: Package → file of it that was imported, from another folder than the one where the project has it.
        files: All of head.
        added: Those of them that the baseline does not have.
    """
    for name, place in sorted(imported.items()):
        ending = f"{name}/__init__.py"
        homes = [path for path in files if path == ending or path.endswith(f"/{ending}")]
        before = [path for path in homes if path not in added]
        if (
            place in homes and place in added and len(before) == 1
        ):  # where there are several, nobody knows which is meant
            yield (
                f"on head the tests imported {place}, which the change brings along, instead of {before[0]};"
                " see sys.path, pythonpath and the conftest files"
            )


def packages_of(files: Sequence[str]) -> Mapping[str, str]:
    """Top-level package of the project's own code → the folder that holds it, relative to the root."""
    packages = {str(PurePosixPath(path).parent) for path in files if path.endswith("/__init__.py")}
    found: dict[str, str] = {}
    for package in sorted(packages, key=lambda each: (each.count("/"), each)):
        pure = PurePosixPath(package)
        if str(pure.parent) in packages or not _NO_CODE.isdisjoint(pure.parts):
            continue
        if pure.name.isidentifier() and not package.startswith(".."):
            found.setdefault(pure.name, str(pure.parent))
    return found
