"""The command line: one file per command, options in, report out, no logic.

stdout is the answer, stderr is talk. Command modules import click and each other's options only;
what a command needs beyond that is imported when it runs, so that ``tdad --version`` costs one
import of click.
"""

from __future__ import annotations

import gc
import sys

GARBAGE_AFTER = 50_000
"""Objects that are made before somebody looks for garbage: most commands only make what stays until they end."""


def main() -> None:
    """Entry point of the ``tdad`` program."""
    gc.set_threshold(GARBAGE_AFTER)

    from tdad.cli.run import run

    sys.exit(run(sys.argv[1:]))
