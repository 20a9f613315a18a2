"""Versions of files: what is in the project, and what differs from a commit, by a patch, or by name."""

from tdad.repo.changes import changed_files
from tdad.repo.files import current, ignored, project_files
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
    "patched_files",
    "project_files",
    "read_patch",
    "whole_files",
]
