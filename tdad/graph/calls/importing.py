"""Which module a name means, seen from the code that imports it."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from tdad.graph.calls.state import Modules, State
from tdad.graph.calls.values import External, Module


class Importing(State, ABC):
    """Rules for finding modules."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]  # passed through
        self._aliases: dict[str, list[str]] = {}
        for name in self.modules:
            for short in importable_names(name, self.modules):
                self._aliases.setdefault(short, []).append(name)

    def resolve_from(self, name: str, importer: str) -> str:
        """The module that ``import name`` in module ``importer`` finds; ``name`` itself if it is none of ours.

        Folders above the packages may be on ``sys.path`` (``src/``, the folder of a script): of several candidates
        the one nearest to the importer is meant.
        """
        if name in self.modules:
            return name
        candidates = self._aliases.get(name)
        if not candidates:
            return name
        near = importer.split(".")
        return max(
            candidates, key=lambda candidate: (_shared(candidate.split("."), near), candidate)
        )

    def resolve(self, name: str, frame: int) -> str:
        """``resolve_from`` the module that ``frame`` belongs to."""
        return self.resolve_from(name, self.files[self.file_of[self.frames[frame].scope]].module)

    def package_of(self, frame: int) -> str:
        """Package of the module that ``frame`` belongs to."""
        name = self.module_of(frame)
        inside = any(other.startswith(f"{name}.") for other in self.modules)
        return name if inside else name.rpartition(".")[0]

    def module_of(self, frame: int) -> str:
        """Module that ``frame`` belongs to."""
        return self.files[self.file_of[self.frames[frame].scope]].module

    def import_module(self, name: str, frame: int, target: int) -> None:
        """``target`` takes module ``name``, as code in ``frame`` sees it."""
        name = self.resolve(name, frame)
        value = Module(name) if name in self.modules else External(name)
        self.give(target, value)


def _shared(left: Sequence[str], right: Sequence[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def importable_names(name: str, modules: Modules) -> list[str]:
    """Shorter names of module ``name``: without the leading folders that are no packages."""
    parts = name.split(".")
    found = []
    for count in range(1, len(parts)):
        if ".".join(parts[:count]) in modules:
            break
        found.append(".".join(parts[count:]))
    return found
