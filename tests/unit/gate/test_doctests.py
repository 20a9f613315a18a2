from __future__ import annotations

import pytest

from tdad.config import PytestIni
from tdad.workflows.gate_doctests import doctest_files

FILES = {
    "shop.py": ">>> 1",
    "plain.py": "x = 1",
    "test_shop.txt": ">>> 1",
    "README.rst": ">>> 1",
    "docs/use.rst": ">>> 1",
    "docs/none.rst": "nothing",
}


@pytest.mark.parametrize(
    ("addopts", "found"),
    [
        ("", ["test_shop.txt"]),
        ("--doctest-modules", ["shop.py", "test_shop.txt"]),
        ("--doctest-glob=*.rst", ["README.rst", "docs/use.rst"]),
        ("--doctest-glob README.*", ["README.rst"]),
        ("--doctest-glob=docs/*.rst -q", ["docs/use.rst"]),
    ],
)
def test_what_pytest_is_configured_to_run(tmp_path, addopts, found):
    (tmp_path / "docs").mkdir()
    for path, text in FILES.items():
        (tmp_path / path).write_text(text)
    ini = PytestIni(addopts=tuple(addopts.split()))
    assert list(doctest_files(ini, tmp_path, [*FILES, "gone.py"])) == sorted(found)
