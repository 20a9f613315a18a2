"""Under which names a definition is mentioned."""

from __future__ import annotations

from tdad.facts import RENAMING, DefinitionKind
from tdad.graph.resolve.chains import last_name
from tdad.graph.resolve.scopes import Files

_MAX_NAMES = 64
"""Names followed per definition; a name that everything is aliased to ends here."""


class Aliases:
    """Finds the names a definition goes by: its own, ``import … as`` names, and variables bound to it."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._names: dict[str, tuple[str, ...]] = {}

    def names_of(self, definition: str) -> tuple[str, ...]:
        """Identifiers by which ``definition`` may be mentioned, its own first."""
        if definition not in self._names:
            own = last_name(definition)
            self._names[definition] = (own,)
            self._names[definition] = self._follow(definition, own)
        return self._names[definition]

    def _follow(self, definition: str, own: str) -> tuple[str, ...]:
        names = {own: None}
        if self._files.owner_class(definition) is not None and not self._is_class(definition):
            # A method is mentioned as an attribute; what it is bound to is followed as a value.
            return (own,)
        queue = [own]
        for name in queue:
            for path in self._files.mentioning(RENAMING + name):
                scope = self._files.scope(path)
                for alias in scope.renamed.get(name, ()) if scope else ():
                    if alias not in names and len(names) < _MAX_NAMES:
                        names[alias] = None
                        queue.append(alias)
        return tuple(names)

    def _is_class(self, definition: str) -> bool:
        return self._files.kind(definition) is DefinitionKind.CLASS
