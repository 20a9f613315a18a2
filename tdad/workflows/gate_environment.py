"""The environments of both sides: one for both, or one for each where the change touches what is installed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from tdad.config.toml import toml_of, value_at
from tdad.errors import GateEnvironmentFailed
from tdad.facts import FileVersion
from tdad.workflows.gate_ground import Field, Side

_TIMEOUT_S = 1800.0
_NAMES = (
    "requirements*.txt", "requirements*.in", "constraints*.txt", "setup.py", "setup.cfg", "Pipfile", "Pipfile.lock",
    "poetry.lock", "uv.lock", "pdm.lock", "pylock*.toml", "environment.yml", "environment.yaml",
)  # fmt: skip
_FOLDER = "requirements"
_TABLES = (
    ("project", "dependencies"), ("project", "optional-dependencies"), ("project", "requires-python"),
    ("dependency-groups",), ("build-system",), ("tool", "poetry", "dependencies"), ("tool", "poetry", "group"),
    ("tool", "uv"), ("tool", "pdm", "dev-dependencies"),
)  # fmt: skip


def dependencies_changed(files: Sequence[FileVersion]) -> tuple[str, ...]:
    """Paths of changed files that say what is to be installed, sorted."""
    return tuple(sorted(version.path for version in files if _says(version)))


def _says(version: FileVersion) -> bool:
    path = PurePosixPath(version.path)
    if path.name == "pyproject.toml":
        return _tables(version.old) != _tables(version.new)
    inside = path.parent.name == _FOLDER and path.suffix in {".txt", ".in"}
    return inside or any(path.match(pattern) for pattern in _NAMES)


def _tables(data: bytes | None) -> list[object]:
    document = toml_of(data)
    if document is None:
        return [data]
    return [value_at(document, *keys) for keys in _TABLES]


def own_environments(
    sides: Field, files: Sequence[FileVersion], say: Callable[[str], None]
) -> Iterator[str]:
    """Give each side an environment of its own if dependencies changed and a command says how; yield notes.

    Raises:
        GateEnvironmentFailed: the command failed, or made no interpreter.
    """
    changed = dependencies_changed(files)
    if not changed:
        return
    command = sides.head.options.env_command
    if command is None:
        yield (
            f"the change touches what is installed ({', '.join(changed[:3])}), and both sides ran in the same"
            " environment; give each its own: --env-command 'python -m venv {env} && {env}/bin/pip install -e . pytest'"
        )
        return
    for side in (sides.baseline, sides.head):
        side.python_path = str(_made(side, command, changed, sides.kept / "environments", say))
    yield f"the change touches what is installed ({', '.join(changed[:3])}): each side had an environment of its own"


def _made(
    side: Side, command: str, changed: Sequence[str], kept: Path, say: Callable[[str], None]
) -> Path:
    """The folder of a side's environment; one that was made for the same files by the same command is used again."""
    digest = blake2b(command.encode(), digest_size=10)
    for path in changed:
        file = side.root / path
        digest.update(path.encode() + b"\0" + (file.read_bytes() if file.is_file() else b""))
    folder = kept / digest.hexdigest()
    done = folder / "tdad-made"
    if not done.exists():
        say(f"{side.name}: making an environment")
        folder.mkdir(parents=True, exist_ok=True)
        _run(side, command.replace("{env}", shlex.quote(str(folder))))
        done.touch()
    if not any((folder / name).exists() for name in ("bin/python", "Scripts/python.exe")):
        raise GateEnvironmentFailed(side.name, f"it made no interpreter in {folder}")
    return folder


def _run(side: Side, command: str) -> None:
    """Run the user's own command; it is not confined, for it installs from wherever packages come from."""
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=side.root,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GateEnvironmentFailed(side.name, f"no end after {_TIMEOUT_S:.0f} s") from None
    if done.returncode:
        raise GateEnvironmentFailed(side.name, f"exit code {done.returncode}")
