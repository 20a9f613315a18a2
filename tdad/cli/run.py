"""Run the command line: every way in which a command can end becomes one sentence and an exit code."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from tdad.cli.app import cli
from tdad.errors import ExitCode, TdadError


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Never raises, never prints a traceback unless ``TDAD_DEBUG`` is set."""
    _print_every_name()
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough. The interpreter would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.BROKEN_PIPE
    return code


def _invoke(arguments: Sequence[str]) -> int:
    try:
        result = cli.main(list(arguments), prog_name="tdad", standalone_mode=False)
    except TdadError as error:
        return _say(f"{error} [{error.slug}]", error.exit_code)
    except click.exceptions.NoArgsIsHelpError as asked:
        print(asked.ctx.get_help() if asked.ctx else "", file=sys.stderr)
        return ExitCode.USAGE
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "tdad"
        return _say(f"{_sentence(error)} See: {command} --help [usage]", ExitCode.USAGE)
    except click.ClickException as error:
        return _say(f"{_sentence(error)} [usage]", ExitCode.USAGE)
    except (KeyboardInterrupt, click.Abort):
        return _say("interrupted.", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  # the last line of defence; what it is goes into the message
        return _unexpected(error)
    return result if isinstance(result, int) else ExitCode.YES


def _sentence(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    return message if message.endswith((".", "?", "!")) else f"{message}."


def _unexpected(error: Exception) -> int:
    if os.environ.get("TDAD_DEBUG"):
        traceback.print_exception(error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return _say(
        f"this is a bug in tdad ({what}). Nothing was lost; for a report, run the same command again with"
        " TDAD_DEBUG=1 set and keep what it prints. [internal]",
        ExitCode.UNDECIDED,
    )


def _say(sentence: str, code: int) -> int:
    print(f"tdad: {sentence}", file=sys.stderr)
    return code


def _print_every_name() -> None:
    """File names may hold bytes that the terminal's encoding has no character for; print them, do not die of them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            utf8 = stream.encoding.lower().replace("-", "") == "utf8"
            stream.reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")
