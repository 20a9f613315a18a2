"""``bash`` of ``tdad fix --shell``: one command in a throw-away copy, confined like the tests."""

from __future__ import annotations

import os

from tdad.facts_fix import Patch
from tdad.runner.captured import catch
from tdad.runner.sandbox import confined, environment
from tdad.workflows.fix_seats import Seats


def run_shell(seats: Seats, patch: Patch, command: str, timeout_s: float) -> str:
    """What the command printed, and how it ended. What it changes in the copy is thrown away."""
    ground = seats.ground
    command = command.replace("\0", "").encode("utf-8", "replace").decode()
    with seats.seat(patch) as (folder, root):
        scratch = folder.with_name(folder.name + ".out")
        home, temporary = scratch / "home", scratch / "tmp"
        for each in (home, temporary):
            each.mkdir(parents=True, exist_ok=True)
        caught = catch(
            confined(
                ["/bin/sh", "-c", command],
                ground.cell.policy(folder, scratch),
                ground.cell.confinement,
            ),
            cwd=root,
            environ=environment(os.environ, home=home, temporary=temporary),
            timeout_s=timeout_s,
            wanted=lambda: not seats.stop.is_set(),
        )
    end = f"ended after {timeout_s:.0f} s" if caught.timed_out else f"exit code {caught.exit_code}"
    return f"{caught.output.rstrip()}\n[{end}]".lstrip("\n")
