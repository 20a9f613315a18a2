"""What a child process inherits: four variables that let it find the run, the project and the owner it works for.

They live in the environment of the C library only. ``os.environ`` stays as the user made it, in us and, because the
child takes them out again before anything else runs, in every Python child. Where an explicit ``env=`` is handed to the
system, they are added on the way.

``PYTHONPATH`` gets one folder in front, whose ``sitecustomize`` starts the probe in Python children.
"""

from __future__ import annotations

import os
import sys

from .bus import listen, silence

TYPE_CHECKING = (
    False  # importing typing would cost a child that runs no project code more than all the rest
)
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional

SETTINGS = "TDAD_PROBE"
"""``session.Settings`` as JSON."""
ROOTS = "TDAD_ROOTS"
"""Folders of the project, one a line, for a quick look without a JSON parser."""
OWNER = "TDAD_OWNER"
"""JSON: kind, name, and the line of the module-level statement if the kind is ``import``."""
PYTHONPATH = "PYTHONPATH"

INJECT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "inject")
"""The folder that goes in front of ``PYTHONPATH``."""

_OURS = (b"TDAD_PROBE", b"TDAD_ROOTS", b"TDAD_OWNER", b"PYTHONPATH")
_SPAWNS = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn")
_ENV_ARGUMENT = 5  # of _posixsubprocess.fork_exec, in every version from 3.8 on

# Tests patch these; the probe keeps what was there when it was loaded.
_putenv, _unsetenv, _fsencode = os.putenv, os.unsetenv, os.fsencode


class Inheritance:
    """Keeps the variables of one run in front of every child of this process."""

    def __init__(
        self, settings: str, roots: Iterable[str], owner: str, python_path: Optional[str]
    ) -> None:
        self.settings = settings
        self.roots = "\n".join(roots)
        self.owner: Callable[[], str] = lambda: owner
        self.before_exec: Callable[[], None] = _nothing
        self.before_spawn: Callable[[], None] = _nothing
        self._active = False
        self._announced = ""
        self._python_path = python_path

    def install(self) -> None:
        """Put the variables into the C environment and watch over them."""
        self._active = True
        _putenv(SETTINGS, self.settings)
        _putenv(ROOTS, self.roots)
        self._announce()
        _putenv(PYTHONPATH, _in_front(_fsencode(self._python_path or "")))
        self._keep_environment()
        self._wrap_os()
        self.wrap_subprocess()
        for event in _SPAWNS:  # one hook for all: each one costs, at every event of the process
            listen(event, self._hear)

    def stand_down(self) -> None:
        """Leave children alone from now on; another session takes over, or this one is over."""
        if self._active:
            self._active = False
            for event in _SPAWNS:
                silence(event, self._hear)
            for name in (SETTINGS, ROOTS, OWNER):
                _unsetenv(name)
            python_path = os.environ.get(PYTHONPATH)
            if python_path is None:
                _unsetenv(PYTHONPATH)
            else:
                _putenv(PYTHONPATH, python_path)

    def sync(self) -> None:
        """Make the C environment name the current owner: some child is about to start."""
        if self._active:
            try:
                self._announce()
            except Exception:
                return

    def _announce(self) -> None:
        owner = self.owner()
        if owner != self._announced:
            _putenv(OWNER, owner)
            self._announced = owner

    # -- explicit environments ----------------------------------------------------------------------------------------

    def _variables(self, python_path: bytes) -> Dict[bytes, bytes]:
        return {
            b"TDAD_PROBE": _fsencode(self.settings),
            b"TDAD_ROOTS": _fsencode(self.roots),
            b"TDAD_OWNER": _fsencode(self.owner()),
            b"PYTHONPATH": _in_front(python_path),
        }

    def listed(self, items: Any) -> Any:
        """Return the ``name=value`` list of an explicit environment with ours added; anything else as it is."""
        if not self._active or not isinstance(items, (list, tuple)):
            return items
        try:
            kept: List[bytes] = []
            python_path = b""
            for item in items:
                name, _, value = item.partition(b"=")
                if name == b"PYTHONPATH":
                    python_path = value
                elif name not in _OURS:
                    kept.append(item)
            ours = self._variables(python_path)
            return kept + [name + b"=" + value for name, value in ours.items()]
        except Exception:
            return items

    def mapped(self, env: Any) -> Any:
        """Return the mapping of an explicit environment with ours added; anything else as it is."""
        if not self._active:
            return env
        try:
            kept: Dict[Any, Any] = {}
            python_path = b""
            for key in env:
                name = _fsencode(key)
                if name == b"PYTHONPATH":
                    python_path = _fsencode(env[key])
                elif name not in _OURS:
                    kept[key] = env[key]
            kept.update(self._variables(python_path))
        except Exception:
            return env  # not a mapping of strings: the system call says so better
        return kept

    # -- where the system is called -----------------------------------------------------------------------------------

    def _hear(self, event: str, args: Any) -> None:
        self.sync()
        if event == "os.exec":
            self.before_exec()

    def _wrap_os(self) -> None:
        mapped = self.mapped
        for name in ("execve", "posix_spawn", "posix_spawnp"):
            original = getattr(os, name, None)
            if original is not None:
                setattr(os, name, _with_env(original, mapped))

    def wrap_subprocess(self) -> None:
        """Wrap the one function under ``subprocess`` and ``multiprocessing`` that starts a program."""
        try:
            import _posixsubprocess
        except ImportError:  # Windows
            return
        original: Any = _posixsubprocess.fork_exec
        sync, listed = self.sync, self.listed

        def fork_exec(*args: Any) -> Any:
            sync()
            self.before_spawn()
            if len(args) > _ENV_ARGUMENT and args[_ENV_ARGUMENT] is not None:
                env = listed(args[_ENV_ARGUMENT])
                args = args[:_ENV_ARGUMENT] + (env,) + args[_ENV_ARGUMENT + 1 :]
            return original(*args)

        _posixsubprocess.fork_exec = fork_exec
        subprocess = sys.modules.get("subprocess")
        if getattr(subprocess, "_fork_exec", None) is original:
            subprocess._fork_exec = fork_exec  # type: ignore[union-attr]

    def _keep_environment(self) -> None:
        """Keep our folder in front when the user's code sets or deletes ``PYTHONPATH``."""

        def putenv(key: Any, value: Any) -> None:
            name = key if type(key) is bytes else _fsencode(key)
            if name == b"PYTHONPATH" and self._active:
                value = _in_front(_fsencode(value))
            _putenv(key, value)

        def unsetenv(key: Any) -> None:
            name = key if type(key) is bytes else _fsencode(key)
            if name == b"PYTHONPATH" and self._active:
                _putenv(PYTHONPATH, _in_front(b""))
            else:
                _unsetenv(key)

        environ: Any = os.environ
        if hasattr(environ, "putenv"):  # 3.8
            environ.putenv, environ.unsetenv = putenv, unsetenv
        os.putenv, os.unsetenv = putenv, unsetenv


def original_python_path(value: str) -> Optional[str]:
    """Return the user's own ``PYTHONPATH``, given the one that has our folder in front; ``None``: it was not set."""
    if value == INJECT:
        return None
    prefix = INJECT + os.pathsep
    return value[len(prefix) :] if value.startswith(prefix) else value


def _in_front(python_path: bytes) -> bytes:
    inject = _fsencode(INJECT)
    # an empty entry would mean the current directory
    return inject + _fsencode(os.pathsep) + python_path if python_path else inject


def _with_env(original: Any, mapped: Callable[[Any], Any]) -> Any:
    """Return ``original(path, argv, env, ...)`` with our variables added to ``env``."""

    def with_env(path: Any, argv: Any, env: Any, *args: Any, **kwargs: Any) -> Any:
        return original(path, argv, mapped(env), *args, **kwargs)

    def by_keyword(*args: Any, **kwargs: Any) -> Any:
        if len(args) >= 3:
            return with_env(*args, **kwargs)
        if "env" in kwargs:
            kwargs["env"] = mapped(kwargs["env"])
        return original(*args, **kwargs)

    by_keyword.__name__ = original.__name__
    by_keyword.__doc__ = original.__doc__
    return by_keyword


def _nothing() -> None:
    """Stand in until there is something to write before an exec."""
