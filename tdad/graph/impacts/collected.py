"""Names that pytest and unittest look up themselves: nobody in the project reads them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from tdad.facts import Reference
from tdad.facts_xunit import CLASS_SETUPS, MODULE_SETUPS, NOSE_SETUPS
from tdad.graph.impacts.world import World

_SAID = frozenset({"pytestmark", "__test__"})
OF_MODULES = MODULE_SETUPS | NOSE_SETUPS | _SAID | {"load_tests"}
"""Of a test module: they decide about every test in it."""
OF_CLASSES = CLASS_SETUPS | NOSE_SETUPS | _SAID
"""Of a test class: they decide about every test in it, and in classes derived from it."""
PLUGINS = "pytest_plugins"
_MODULE = "module"


def asked_through_pytest(world: World, path: str, name: str) -> Iterator[tuple[str, int]]:
    """Definitions, and lines, that read the name of a test module by way of pytest: ``request.module.NAME``."""
    if not world.tests_of_file(path):
        return

    def asks(reference: Reference) -> bool:
        head, found, asked = f"{reference.chain}.".rpartition(f".{_MODULE}.")
        return bool(head and found) and asked in {"", f"{name}."}

    for where, reference in world.mentions(_MODULE, asks):
        yield where, reference.line


def governed(world: World, path: str, qualname: str) -> Iterable[str]:
    """Tests about which a name at module or class level decides although no code of the project reads it."""
    owner, _, name = qualname.rpartition(".")
    if not owner:
        if name in OF_MODULES:
            yield from world.tests_of_file(path)
        elif name == PLUGINS and posixpath.basename(path) == "conftest.py":
            yield from (test.node_id for test in world.tests_below(posixpath.dirname(path)))
    elif name in OF_CLASSES:
        class_id = f"{path}::{owner}"
        for cls in (class_id, *world.now.subclasses(class_id)):
            file, _, inside = cls.partition("::")
            prefix = f"{file}::{inside.replace('.', '::')}::"
            yield from (test for test in world.tests_of_file(file) if test.startswith(prefix))
