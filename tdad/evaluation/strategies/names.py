"""Same-name files: ``test_foo.py`` for ``foo.py``, what people do without a tool."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from tdad.evaluation.strategies.touched import path_of


def same_names(node_ids: Sequence[str], paths: Collection[str]) -> tuple[str, ...]:
    """Tests of a changed test file, and of ``test_foo.py`` or ``foo_test.py`` for a changed ``foo.py``, in suite order.

    A leading underscore does not count (``_foo.py``), and ``__init__.py`` is called like its package.
    """
    wanted = {name for path in paths if path.endswith(".py") for name in _test_names(path)}
    return tuple(
        node_id
        for node_id in node_ids
        if (path := path_of(node_id)) in paths or PurePosixPath(path).name in wanted
    )


def called(path: str) -> str:
    """What a source file is called when tests are named after it."""
    file = PurePosixPath(path)
    stem = file.parent.name if file.stem == "__init__" else file.stem
    return stem.lstrip("_")


def _test_names(path: str) -> tuple[str, str]:
    name = called(path)
    return f"test_{name}.py", f"{name}_test.py"
