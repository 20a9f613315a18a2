"""What was imported from outside the project, by name: tdad tells whether some of it should have been the project's.

A copy of a project whose original is installed (``pip install -e``) runs its tests on the original's code.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Optional

from .project import Project

_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
_STANDARD = frozenset(getattr(sys, "stdlib_module_names", ())) | {"__main__", "sitecustomize"}


def outside(project: Project) -> Dict[str, str]:
    """Return dotted name → file of each imported package or module that is neither the project's nor Python's own.

    Only the outermost ones: what lies inside a package with a file of its own comes with it. A namespace package has no
    file, so its portions count one by one.
    """
    modules = dict(sys.modules)
    found: Dict[str, str] = {}
    for name, module in modules.items():
        if name.partition(".")[0] in _STANDARD:
            continue
        above = name.rpartition(".")[0]
        if above and _file(modules.get(above)) is not None:
            continue
        filename = _file(module)
        if filename is not None and _is_foreign(project, filename):
            found[name] = os.path.abspath(filename)
    return found


def _file(module: Any) -> Optional[str]:
    """Return where a module was loaded from, without waking up what loads itself when it is looked at."""
    try:
        filename = object.__getattribute__(module, "__dict__").get("__file__")
    except Exception:  # anything may be put into sys.modules
        return None
    return filename if isinstance(filename, str) and filename else None


def _is_foreign(project: Project, filename: str) -> bool:
    if filename.startswith(_LIBRARY) and not any(part in filename for part in _INSTALLED):
        return False
    return project.relative(filename) is None
