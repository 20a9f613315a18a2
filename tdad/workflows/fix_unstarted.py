"""pytest does not even start, because a conftest or a plugin of the project imports broken code.

Then there are no outcomes. What failed is every test file that would have been collected, and the only account of it
is what pytest printed: the one place where that is read, for want of hooks that could have told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from tdad.config import looked_into
from tdad.facts import Site
from tdad.facts_fix import Failure
from tdad.graph.patterns import is_test_file
from tdad.repo import project_files
from tdad.workflows.audit_copy import top_level_names
from tdad.workflows.fix_ground import Ground
from tdad.workflows.impact import patterns

_PLACES = (
    re.compile(r"^(?:E\s+)?File \"(?P<path>[^\"\n]+\.py)\", line (?P<line>\d+)"),
    re.compile(r"^(?:E\s+)?(?P<path>[^\s:\"][^:\"\n]*\.py):(?P<line>\d+): "),
)
"""How Python and pytest name a line of a traceback."""
_ERROR = re.compile(r"^(?:E\s+)?(?P<text>[A-Za-z_][\w.]*(?:Error|Exception|Exit|Warning)\b.*)$")
_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '(?P<name>[^'.]+)")
_SHOWN = 1500
"""Characters of pytest's output that are shown with the failure."""


def unstarted(ground: Ground, said: str) -> dict[str, Failure]:
    """Test file → why pytest did not get to it; empty: nothing in the project is to blame.

    Args:
        ground: Where the repair works.
        said: The end of what pytest printed.
    """
    files = project_files(ground.root, ground.copied.config)
    frames = tuple(_frames(said, files))
    message = _message(said)
    missing = _NO_MODULE.search(message)
    if not frames or (missing and missing["name"] not in top_level_names(files)):
        return {}
    failure = Failure(message, frames, said[-_SHOWN:])
    return dict.fromkeys(_test_files(ground, files), failure)


def _frames(said: str, files: Sequence[str]) -> list[Site]:
    """Lines of the project on the traceback, outermost first; the run was in a copy, which is gone."""
    known = set(files)
    found: list[Site] = []
    for line in said.splitlines():
        for place in _PLACES:
            if match := place.match(line.strip()):
                path = _ours(match["path"], known)
                site = Site(path, int(match["line"]))
                if path and site not in found:
                    found.append(site)
                break
    return found


def _ours(path: str, known: set[str]) -> str:
    """The project's name of a path that may be absolute, in a copy; empty: it is not the project's."""
    parts = PurePosixPath(path).parts
    tails = ("/".join(parts[at:]) for at in range(len(parts)))
    return next((tail for tail in tails if tail in known), "")


def _message(said: str) -> str:
    """The exception: the last line that names one."""
    found = [match["text"] for line in said.splitlines() if (match := _ERROR.match(line.strip()))]
    return found[-1][:500] if found else ""


def _test_files(ground: Ground, files: Sequence[str]) -> list[str]:
    """What pytest without arguments would collect from."""
    config = ground.project.config
    found, inside = patterns(ground.project), looked_into(config.pytest)
    return [path for path in files if is_test_file(path, found) and inside(path)]
