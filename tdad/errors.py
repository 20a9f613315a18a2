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
