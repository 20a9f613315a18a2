"""What a confined run may do, and how far a machine can hold it to that. Sizes in bytes, times in seconds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

GIB = 2**30
LEAST_MEMORY = 4 * GIB
"""Address space is not memory: libraries reserve a lot that they never use."""

SECRETS = (
    ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".config", ".netrc", ".git-credentials", ".pypirc",
    ".npmrc", ".password-store", ".huggingface", ".cache/huggingface", ".cargo/credentials", ".cargo/credentials.toml",
    ".bash_history", ".zsh_history", ".python_history", ".local/share/keyrings", "Library/Keychains",
)  # fmt: skip
"""Below the home directory: what no test needs and every thief wants."""


class Strictness(StrEnum):
    """``--sandbox``: as well as it can be done, fully or not at all, or without."""

    AUTO = "auto"
    STRICT = "strict"
    OFF = "off"


class Layer(StrEnum):
    """What confines a process, the strongest first."""

    BUBBLEWRAP = "bubblewrap"
    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    SEATBELT = "seatbelt"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Confinement:
    """How runs are confined on this machine."""

    layer: Layer
    not_covered: tuple[str, ...]
    """What a run could still do, one phrase each; printed once and recorded with the results."""
    program: str = ""
    """Path of the program that confines, where the layer is one."""

    def __str__(self) -> str:
        """One line for people."""
        if not self.not_covered:
            return f"sandbox: {self.layer}"
        return f"sandbox: {self.layer}; not covered: {', '.join(self.not_covered)}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What one run may do."""

    writable: tuple[Path, ...]
    """Existing folders below which it may write: the worktree, a private folder for temporary files, the spool."""
    protected: tuple[Path, ...] = ()
    """Below a writable folder, and still not to be written, where the layer can do that: the user's own tree."""
    hidden: tuple[Path, ...] = ()
    """Files and folders that it sees empty, where the layer can do that."""
    needed: tuple[Path, ...] = ()
    """Never hidden, not even as part of a hidden folder: the interpreter and its environment."""
    memory_bytes: int | None = None
    """Address space of one process. ``None``: half of the machine's memory, but at least ``LEAST_MEMORY``."""
    cpu_s: int | None = None
    """CPU time of one process."""
    file_bytes: int = 2 * GIB
    """Largest file that can be written."""
    open_files: int = 4096

    def memory(self) -> int:
        """Limit of the address space in bytes: a test that takes ever more must not take the machine down."""
        if self.memory_bytes is not None:
            return self.memory_bytes
        try:
            present = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (ValueError, OSError, AttributeError):
            present = 0
        return max(LEAST_MEMORY, present // 2)

    def covers(self) -> tuple[Path, ...]:
        """What to hide that is there and holds nothing that the run needs."""
        kept = [path.resolve() for path in (*self.writable, *self.needed)]
        found = []
        for path in self.hidden:
            real = path.resolve()
            if real.exists() and not any(each == real or real in each.parents for each in kept):
                found.append(real)
        return tuple(sorted(set(found)))


def secrets_of(home: Path) -> tuple[Path, ...]:
    """What to hide of the user's own home directory."""
    return tuple(home / name for name in SECRETS)
