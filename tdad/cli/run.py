"""Run the command line: every end of a command is one sentence and an exit code."""

from __future__ import annotations

import io
import os
import shutil
import sys
import traceback
from collections.abc import Sequence

import click

from tdad.cli.app import cli
from tdad.errors import ExitCode, TdadError


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; tracebacks only with ``TDAD_DEBUG`` set."""
    _print_every_name()
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough. The interpreter would complain when it flushes
        # at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.BROKEN_PIPE
    return code


def _invoke(arguments: Sequence[str]) -> int:
    try:
        result = cli.main(list(arguments), prog_name="tdad", standalone_mode=False)
    except SystemExit as left:  # shell completion, and click's answer to a broken pipe
        return ExitCode.BROKEN_PIPE if left.code == 1 else ExitCode.YES
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # every end gets its sentence
        if os.environ.get("TDAD_DEBUG"):
            traceback.print_exception(error)
        sentence, code = _ending(error)
        print(f"tdad: {sentence}", file=sys.stderr)
        return code
    return result if isinstance(result, int) else ExitCode.YES


def _ending(error: BaseException) -> tuple[str, ExitCode]:
    """What to say about the end of a command, and its exit code."""
    match error:
        case TdadError():
            return f"{error} [{error.slug}]", error.exit_code
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "tdad"
            return f"{_sentence(error)} See: {command} --help [usage]", ExitCode.USAGE
        case click.ClickException():
            return f"{_sentence(error)} See: tdad --help [usage]", ExitCode.USAGE
        case KeyboardInterrupt() | click.Abort():
            return "interrupted; the map is as it was. [interrupted]", ExitCode.INTERRUPTED
        case OSError() if hindered := _hindered(error):
            remedy = "Put that right, then run the same command again."
            sentence = f"cannot read or write{hindered}. {remedy} [input-output]"
            return sentence, ExitCode.UNDECIDED
    what = " ".join(f"{type(error).__name__}: {error}".split())
    sentence = f"this is a bug in tdad ({what}); the map is as it was."
    return f"{sentence} See more with: TDAD_DEBUG=1 tdad ... [internal]", ExitCode.UNDECIDED


def _hindered(error: OSError) -> str:
    """Which file, and why not; empty: the error does not say."""
    match error:
        case shutil.Error(args=([(_, str(copy), str(reason)), *_], *_)):
            why, _, _ = reason.partition(": '")
            return f" {copy}: {why}"
        case OSError(strerror=str(reason)):
            # a file that is copied: which of the two it is, the system does not say
            names = [str(name) for name in (error.filename, error.filename2) if name]
            return f"{' ' if names else ''}{' or '.join(names)}: {reason}"
    return ""


def _sentence(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    return message if message.endswith((".", "?", "!")) else f"{message}."


def _print_every_name() -> None:
    """Print file names even if the stream's encoding has no character for their bytes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            utf8 = stream.encoding.lower().replace("-", "") == "utf8"
            stream.reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")
