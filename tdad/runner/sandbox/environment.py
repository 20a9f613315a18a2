"""The environment of a confined run: an allow-list, because nobody can list all names of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

KEPT = (
    "PATH", "LANG", "LANGUAGE", "TZ", "VIRTUAL_ENV", "CONDA_PREFIX", "SOURCE_DATE_EPOCH", "CI", "COLUMNS",
    "LINES", "TERM",
    "NO_COLOR", "FORCE_COLOR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DJANGO_SETTINGS_MODULE", "SYSTEMROOT",
)  # fmt: skip
KEPT_BY_PREFIX = ("LC_", "PYTEST_", "PYTHON", "OPENBLAS_", "OMP_", "MKL_")
"""PYTHON…: how the interpreter behaves, not who the user is."""
NEVER = ("PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONHISTORY")


def environment(
    environ: Mapping[str, str],
    *,
    home: Path,
    temporary: Path,
    keep: tuple[str, ...] = (),
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The whole environment of the run.

    Args:
        environ: The environment to take from.
        home: An empty folder of its own instead of the user's home directory.
        temporary: Where its temporary files go.
        keep: Further names that the user asked to hand on.
        extra: Set last, e.g. the recorder's own variables.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name not in NEVER and (name in KEPT or name in keep or name.startswith(KEPT_BY_PREFIX))
    }
    own = {
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "TEMP": str(temporary),
        "TMP": str(temporary),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**kept, **own, **(extra or {})}
