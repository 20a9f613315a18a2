"""Items: their node ids relative to the project root, and where the test is written."""

from __future__ import annotations

import os
from types import CodeType
from typing import Any, Dict, List, Optional, Tuple

from .project import Project


class NodeIds:
    """Translates pytest's node ids (relative to rootdir) into ours (relative to the project root)."""

    def __init__(self, root: str) -> None:
        self.rootdir = root
        self._root = root
        self._files: Dict[str, str] = {}

    def canonical(self, nodeid: str) -> str:
        """Return ``nodeid`` with its file part relative to the project root; the session's stays empty."""
        if self.rootdir == self._root or not nodeid:
            return nodeid
        file, separator, rest = nodeid.partition("::")
        name = self._files.get(file)
        if name is None:
            absolute = os.path.realpath(os.path.join(self.rootdir, file))
            name = os.path.relpath(absolute, self._root).replace(os.sep, "/")
            self._files[file] = name
        return name + separator + rest


_NARROW = (
    "lf",
    "stepwise",
    "ignore",
    "ignore_glob",
    "inifilename",
    "override_ini",
    "noconftest",
    "setuponly",
    "setupplan",
    "collectonly",
)
"""Options after which a test that was not collected may still exist."""


def scope_of(config: Any, root: str) -> Optional[List[str]]:
    """Return the files and folders, relative to ``root``, of which the command line asks for every test.

    Empty: of the whole project. ``None``: it leaves out some, nobody knows which.
    """
    if any(getattr(config.option, name, None) for name in _NARROW):
        return None
    rootdir = os.path.realpath(str(getattr(config, "rootpath", config.rootdir)))
    source = getattr(getattr(config, "args_source", None), "name", "ARGS")
    if source == "TESTPATHS" and rootdir == root:
        return []
    base = str(config.invocation_params.dir)
    scope = []
    for argument in config.args:
        filename = os.path.realpath(os.path.join(base, argument))
        if "::" in argument or not os.path.exists(filename):
            return None
        if root == filename or root.startswith(filename.rstrip(os.sep) + os.sep):
            return []
        scope.append(os.path.relpath(filename, root).replace(os.sep, "/"))
    return sorted(scope)


def function_of(item: Any) -> str:
    """Return the node id that the instances of a parametrised test have in common."""
    parent = getattr(item.parent, "nodeid", "")
    name = getattr(item, "originalname", None) or item.name
    return "%s::%s" % (parent, name)


def site_of(item: Any, project: Project) -> Tuple[str, int, str]:
    """Return path, first line and qualname of the function that ``item`` runs, wherever it is written."""
    found = None
    function = getattr(item, "obj", None)
    if function is not None and not hasattr(item, "dtest"):
        found = _written(function, project)
    elif hasattr(item, "dtest"):
        found = _doctest(item, project)
    if found is not None:
        return found
    filename = str(getattr(item, "path", None) or item.fspath)
    line = item.location[1]
    path = project.relative(filename) or filename
    return path, (line or 0) + 1, ""


def _written(function: Any, project: Project) -> Optional[Tuple[str, int, str]]:
    """Unwrap as far as the project's own code goes."""
    found = None
    for _ in range(100):
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType):
            path = project.python(code.co_filename)
            if path is not None:
                qualname = getattr(function, "__qualname__", code.co_name)
                found = (path, code.co_firstlineno, qualname.replace("<locals>.", ""))
        for name in ("__wrapped__", "__func__", "func"):
            inner = getattr(function, name, None)
            if inner is not None and inner is not function:
                function = inner
                break
        else:
            return found
    return found


def _doctest(item: Any, project: Project) -> Optional[Tuple[str, int, str]]:
    test = item.dtest
    path = project.relative(test.filename or "")
    if path is None:
        return None
    module = test.globs.get("__name__", "")
    if not path.endswith(".py") or not isinstance(module, str):
        return path, 1, ""
    qualname = test.name[len(module) + 1 :] if test.name.startswith(module + ".") else ""
    thing: Any = test.globs
    for name in filter(None, qualname.split(".")):
        thing = thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)
    found = _written(thing, project) if thing is not test.globs else None
    return (path, found[1] if found and found[0] == path else (test.lineno or 0) + 1, qualname)
