"""Git, by subprocess. The only module that starts it.

What is deliberately absent: a shell, the user's hooks and file-system monitor, pagers, external diff programs, and
everything that writes: no command here takes a lock in the user's repository.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tdad.errors import GitFailed, GitUntrusted, NotARepository

TIMEOUT_S = 120.0

_OPTIONS = (
    "--no-optional-locks",
    "-c",
    "core.quotepath=off",
    "-c",
    "core.fsmonitor=",
    "-c",
    "core.hooksPath=/dev/null",
)
# Where the repository is: kept, so that a hook or an unusual layout means here what it means to git.
_PLACES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)
# How git finds it and whom it trusts: kept for every repository. All other GIT_* are dropped.
_POLICIES = (
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
    "GIT_CONFIG_",
)


@dataclass(frozen=True, slots=True)
class Git:
    """One repository with a work tree, as seen from a folder in it."""

    cwd: str
    """The folder, absolute; paths from ``ls-files`` are relative to it."""
    toplevel: str
    prefix: str
    """``cwd`` relative to the toplevel, POSIX, no slash at the end; empty: it is the toplevel."""
    shallow: bool
    env: Mapping[str, str]

    def run(self, *args: str, stdin: bytes = b"", codes: Sequence[int] = (0,)) -> bytes:
        """Return what ``git ARGS`` prints.

        Raises:
            GitFailed: it ended with a code that is not in ``codes``, or took longer than :data:`TIMEOUT_S`.
            GitUntrusted: the repository belongs to another user.
        """
        done = run_git(self.cwd, args, self.env, stdin)
        if done.returncode not in codes:
            raise failure(self.cwd, args, done.stderr)
        return done.stdout

    def ask(self, *args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run ``git ARGS`` when the exit code is an answer."""
        return run_git(self.cwd, args, self.env, stdin)

    def relative(self, path: str) -> str:
        """Return ``path``, relative to the toplevel, relative to our folder."""
        if not self.prefix:
            return path
        if path.startswith(self.prefix + "/"):
            return path[len(self.prefix) + 1 :]
        return os.path.relpath(path, self.prefix).replace(os.sep, "/")


def discover(root: Path, environ: Mapping[str, str] | None = None) -> Git:
    """Return the repository that ``root`` is in, ``GIT_DIR`` and its like honoured where git would.

    Raises:
        NotARepository: no git program, no repository, a bare one, or ``root`` is ignored by it.
        GitUntrusted: it belongs to another user.
    """
    environ = os.environ if environ is None else environ
    if "GIT_DIR" in environ and (git := _from_environment(root, environ)):
        return git
    return _opened(root, environment(environ, places=False))


def find(root: Path, environ: Mapping[str, str] | None = None) -> Git | None:
    """Like :func:`discover`, ``None`` when there is no repository."""
    try:
        return discover(root, environ)
    except NotARepository:
        return None


def nested(folder: Path, git: Git) -> Git | None:
    """Return the repository in ``folder`` (a submodule, another source root), whatever GIT_DIR says about ours."""
    try:
        return _opened(folder, environment(git.env, places=False))
    except (NotARepository, FileNotFoundError, NotADirectoryError):
        return None


def environment(environ: Mapping[str, str], *, places: bool) -> dict[str, str]:
    """Return ``environ`` as git shall see it; ``places``: with GIT_DIR and its like, made absolute."""
    env = {
        name: value
        for name, value in environ.items()
        if not name.startswith("GIT_") or name.startswith(_POLICIES)
    }
    if places:
        env |= {name: os.path.abspath(environ[name]) for name in _PLACES if environ.get(name)}  # noqa: PTH100
    return env | {"LC_ALL": "C", "LANGUAGE": "C", "GIT_TERMINAL_PROMPT": "0"}


def run_git(
    cwd: str, args: Sequence[str], env: Mapping[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run git once; the exit code is the caller's to judge."""
    question = (cwd, *args, stdin, *sorted(env.items()))
    if _steady:
        known = _steady[-1].get(question)
        if known is not None:
            return known
    done = _run(cwd, args, env, stdin)
    if _steady:
        _steady[-1][question] = done
    return done


_steady: list[dict[tuple[object, ...], subprocess.CompletedProcess[bytes]]] = []


@contextmanager
def steady() -> Iterator[None]:
    """Within the block the work tree is taken to stay as it is: the same question is put to git once."""
    _steady.append({})
    try:
        yield
    finally:
        _steady.pop()


def _run(
    cwd: str, args: Sequence[str], env: Mapping[str, str], stdin: bytes
) -> subprocess.CompletedProcess[bytes]:
    command = ["git", *_OPTIONS, *args]
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            env=env,
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        detail = f"no answer within {TIMEOUT_S:g} s"
        raise GitFailed(_shown(cwd, args), detail) from error


def failure(cwd: str, args: Sequence[str], stderr: bytes) -> GitFailed | GitUntrusted:
    """Return the error for a git command that ended with ``stderr``."""
    text = stderr.decode("utf-8", "replace").strip()
    if "dubious ownership" in text:
        return GitUntrusted(cwd)
    lines = [line for line in text.splitlines() if line.startswith(("fatal:", "error:"))]
    detail = (lines or text.splitlines() or ["no message"])[0]
    return GitFailed(_shown(cwd, args), detail)


def _shown(cwd: str, args: Sequence[str]) -> str:
    return f"git -C {cwd} {' '.join(args)}"


def _from_environment(root: Path, environ: Mapping[str, str]) -> Git | None:
    """Return the repository that GIT_DIR names, if ``root`` is in its work tree.

    Without GIT_WORK_TREE git takes the current folder for the toplevel; as we start it in another folder, the answer
    that it gives here is made explicit.
    """
    env = environment(environ, places=True)
    done = _probe(str(Path.cwd()), env)
    if done.returncode:
        return None
    toplevel = os.path.realpath(_answers(done)[2])
    if not Path(os.path.realpath(root)).is_relative_to(toplevel):
        return None
    return _opened(root, env | {"GIT_WORK_TREE": toplevel})


def _opened(root: Path, env: Mapping[str, str]) -> Git:
    try:
        done = _probe(str(root), env)
    except (FileNotFoundError, PermissionError) as error:
        if not root.is_dir():
            raise
        raise NotARepository(str(root), "there is no git program") from error
    if done.returncode:
        raise _not_opened(root, done.stderr)
    shallow, inside, toplevel, prefix = _answers(done)
    git = Git(str(root), toplevel, prefix.rstrip("/"), shallow == "true", env)
    if inside != "true":
        raise NotARepository(str(root), "it is a bare repository")
    if git.prefix and git.ask("check-ignore", "-q", str(root)).returncode == 0:
        # A folder that the repository around it ignores (a scratch folder, dot files in the home): not its project.
        raise NotARepository(str(root), f"it is ignored by the repository {toplevel}")
    return git


def _probe(cwd: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    questions = (
        "--is-shallow-repository",
        "--is-inside-work-tree",
        "--show-toplevel",
        "--show-prefix",
    )
    return run_git(cwd, ("rev-parse", *questions), env)


def _answers(done: subprocess.CompletedProcess[bytes]) -> tuple[str, str, str, str]:
    shallow, inside, toplevel, prefix, *_ = (os.fsdecode(done.stdout) + "\n").split("\n")
    return shallow, inside, toplevel, prefix


def _not_opened(root: Path, stderr: bytes) -> Exception:
    text = stderr.decode("utf-8", "replace")
    if "must be run in a work tree" in text:
        return NotARepository(str(root), "it is a bare repository or a .git folder")
    if "not a git repository" in text:
        return NotARepository(str(root), "there is no repository")
    return failure(str(root), ("status",), stderr)
