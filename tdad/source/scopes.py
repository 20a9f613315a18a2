"""Names bound in scopes → variables; scopes that end → references that are left."""

from __future__ import annotations

from tdad.facts import DefinitionKind, ReferenceKind
from tdad.source.caches import keeps_lazily
from tdad.source.state import RawDefinition, RawStatement, Scope, State


def qualified(state: State, name: str) -> str:
    """Return the qualname of ``name`` in the current scope."""
    outer = state.definitions[state.scope.definition].qualname
    return f"{outer}.{name}" if outer else name


def define(state: State, definition: RawDefinition, name: str) -> int:
    """Add a definition of the current scope; returns its index."""
    index = len(state.definitions)
    if state.scope.branch:
        definition.flags.add("conditional")
    state.definitions.append(definition)
    state.scope.names[name] = index
    return index


def define_variable(state: State, name: str, statement: RawStatement, word: str) -> int:
    """Return the definition that a module- or class-level statement binds, made if it is the first."""
    known = state.scope.names.get(name)
    if known is not None:
        definition = state.definitions[known]
    else:
        definition = RawDefinition(
            qualified(state, name),
            DefinitionKind.VARIABLE,
            statement.first,
            statement.last,
            state.scope.definition,
        )
        known = define(state, definition, name)
        if word == "import":
            definition.flags.add("import")
    if definition.kind is DefinitionKind.VARIABLE:
        definition.own.append(statement.fingerprint)
    return known


def close_function(state: State, scope: Scope) -> None:
    """Hand the references of a function to the scope around it, but for plain reads of its own names."""
    assert scope.outer is not None
    local = scope.local
    read = ReferenceKind.READ
    scope.outer.refs += [ref for ref in scope.refs if ref[2] is not read or ref[3] not in local]
    scope.outer.self_items += scope.self_items
    scope.outer.self_names |= scope.self_names
    around = scope.outer
    while around.outer is not None and not around.is_function:
        around = around.outer
    inner = local - scope.kept - {"cls"}
    looked_at = _looked_at(scope)
    modules = {item.alias for item in state.imports if not item.name}
    inner |= _written_back(state, scope) if scope.stores else set()
    if scope.outliving & looked_at:
        state.definitions[scope.definition].flags.add("global-writer")
    if keeps_lazily(state, scope, _attributes_looked_at(scope)):
        state.definitions[scope.definition].flags.add("lazy")
    for definition, root in scope.stores:
        if root in inner and definition != scope.definition:
            state.definitions[scope.definition].flags.add("keeper")
        if root in inner or root in modules:
            continue  # ``sys.stdout = …`` replaces something, and keeps no result
        if definition == scope.definition and root not in looked_at:
            continue  # a registration: nobody asks there first
        if around.is_function and root != "cls" and root not in scope.kept:
            around.stores.append((definition, root))
        else:
            state.definitions[definition].flags.add("global-writer")


_ONLY_CHANGE = frozenset(
    {
        "add",
        "append",
        "clear",
        "discard",
        "extend",
        "insert",
        "remove",
        "reverse",
        "sort",
        "update",
    }
)


def _looked_at(scope: Scope) -> set[str]:
    """Roots that the function reads, not only stores into or changes: a cache is asked before it is filled."""
    chains = {reference[3] for reference in scope.refs if reference[2] is not ReferenceKind.WRITE}
    changes = {
        chain for chain in chains if chain.removesuffix("()").rpartition(".")[2] in _ONLY_CHANGE
    }
    steps = {
        change[: len(step)] for change in changes for step in chains if change.startswith(step)
    }
    return {
        chain.partition(".")[0].partition("[")[0].partition("(")[0] for chain in chains - steps
    }


def _written_back(state: State, scope: Scope) -> set[str]:
    """Roots of which the function puts back all that it changes: to save and restore is to keep nothing."""
    pairs: set[tuple[str, str]] = set()
    for binding in reversed(state.bindings):
        if binding.owner < scope.definition:
            break  # what follows is of scopes around this one, or before it
        pairs.add((binding.target, binding.chain))
    back: dict[str, bool] = {}
    for target, _ in pairs:
        root, dot, _rest = target.partition(".")
        if dot:
            restored = any(
                name.isidentifier() and (name, target) in pairs
                for stored, name in pairs
                if stored == target
            )
            back[root] = back.get(root, True) and restored
    return {root for root, restored in back.items() if restored and root != "self"}


def _attributes_looked_at(scope: Scope) -> set[str]:
    """Attributes of ``self`` that the function reads, not only stores into or changes."""
    found = set()
    for *_rest, kind, chain in scope.refs:
        parts = chain.replace("()", "").replace("[]", "").split(".")
        if kind is ReferenceKind.WRITE or parts[0] != "self":
            continue
        if len(parts) > 1 and parts[2:3] not in ([name] for name in _ONLY_CHANGE):
            found.add(parts[1])
    return found


def define_globals(state: State) -> None:
    """Add the module-level names that only functions bind (``global``), behind all others."""
    for name, (line, fingerprint) in state.global_names.items():
        if name not in state.module_scope.names:
            variable = RawDefinition(name, DefinitionKind.VARIABLE, line, line, 0)
            variable.own.append(fingerprint)
            state.module_scope.names[name] = len(state.definitions)
            state.definitions.append(variable)
