"""Policy and confinement → the command line of a confined run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import assert_never

from tdad.runner.sandbox.policy import Confinement, Layer, Policy

LAUNCHER = Path(__file__).with_name("launcher.py")


def confined(argv: Sequence[str], policy: Policy, confinement: Confinement) -> list[str]:
    """The command that runs ``argv`` within ``policy``, as far as ``confinement`` goes.

    Limits on memory, CPU time, file size and open files are set in every case.
    """
    match confinement.layer:
        case Layer.BUBBLEWRAP:
            # bubblewrap ends at the first signal, and its command with it; the command itself may have more to say
            inner = _launcher(None, ("listen",), argv)
            outer = [confinement.program, *_bubblewrap(policy), "--", *inner]
            return _launcher(policy, ("deaf",), outer)
        case Layer.NAMESPACES:
            return _launcher(policy, ("namespaces", "landlock"), argv)
        case Layer.LANDLOCK:
            return _launcher(policy, ("landlock", "tcp", "reap"), argv)
        case Layer.SEATBELT:
            inner = [confinement.program, "-p", seatbelt_profile(policy), *argv]
            return _launcher(policy, (), inner)
        case Layer.NONE:
            return _launcher(policy, ("reap",) if sys.platform == "linux" else (), argv)
        case _:
            assert_never(confinement.layer)


def _launcher(policy: Policy | None, steps: Sequence[str], argv: Sequence[str]) -> list[str]:
    order: dict[str, object] = {"steps": list(steps)}
    if policy is not None:
        order |= _order(policy)
    # -I: nothing of the target's folder or environment is imported by the launcher; -S: starts in half the time
    return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(order), *argv]


def _order(policy: Policy) -> dict[str, object]:
    return {
        "writable": [str(path.resolve()) for path in policy.writable],
        "protected": [str(path.resolve()) for path in policy.protected],
        "hidden": [str(path) for path in policy.covers()],
        "limits": {
            "AS": policy.memory(),
            "CPU": policy.cpu_s,
            "FSIZE": policy.file_bytes,
            "NOFILE": policy.open_files,
            "CORE": 0,
        },
    }


def _bubblewrap(policy: Policy) -> Iterator[str]:
    yield from ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/dev/shm")  # noqa: S108 - a file system of its own
    for path in policy.covers():
        yield from (
            ("--tmpfs", str(path)) if path.is_dir() else ("--dev-bind", "/dev/null", str(path))
        )
    # in the order of their depth: the innermost says what holds
    folders = [(path.resolve(), "--bind") for path in policy.writable]
    folders += [(path.resolve(), "--ro-bind") for path in policy.protected]
    for path, how in sorted(folders, key=lambda each: len(each[0].parts)):
        yield from (how, str(path), str(path))
    yield from ("--unshare-all", "--die-with-parent", "--cap-drop", "ALL")


def seatbelt_profile(policy: Policy) -> str:
    """Profile of macOS' ``sandbox-exec``: deprecated by Apple, and what others of this kind use all the same."""
    lines = [
        "(version 1)",
        "(allow default)",
        "(deny network*)",
        '(allow network* (local ip "localhost:*"))',
        '(allow network-outbound (remote ip "localhost:*"))',
        "(deny file-write*)",
        '(allow file-write* (subpath "/dev"))',
    ]
    lines += [
        f"(allow file-write* (subpath {_quoted(path.resolve())}))" for path in policy.writable
    ]
    lines += [f"(deny file-read* (subpath {_quoted(path)}))" for path in policy.covers()]
    return "\n".join(lines)


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
