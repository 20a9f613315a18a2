"""Versions of files: what is in the project, and what differs from a commit, by a patch, or by name."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tdad.repo.changes import changed_files
    from tdad.repo.clean import is_clean
    from tdad.repo.files import current, ignored, project_files
    from tdad.repo.git import steady
    from tdad.repo.named import patched_files, whole_files
    from tdad.repo.patch import PatchSet
    from tdad.repo.patch_apply import apply
    from tdad.repo.patch_read import read_patch

__all__ = [
    "PatchSet",
    "apply",
    "changed_files",
    "current",
    "ignored",
    "is_clean",
    "patched_files",
    "project_files",
    "read_patch",
    "steady",
    "whole_files",
]

_WHERE = {
    "PatchSet": "tdad.repo.patch",
    "apply": "tdad.repo.patch_apply",
    "changed_files": "tdad.repo.changes",
    "current": "tdad.repo.files",
    "ignored": "tdad.repo.files",
    "is_clean": "tdad.repo.clean",
    "patched_files": "tdad.repo.named",
    "project_files": "tdad.repo.files",
    "read_patch": "tdad.repo.patch_read",
    "steady": "tdad.repo.git",
    "whole_files": "tdad.repo.named",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: most commands need one of these, and each starts in every process."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
