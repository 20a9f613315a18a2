"""From something other than code (a file, a folder, a variable, a package) to who was seen to use it."""

from __future__ import annotations

from tdad.facts import Evidence, OwnerKind, Site, Use
from tdad.graph.impacts.caches import kept
from tdad.graph.impacts.search import Search
from tdad.graph.impacts.trails import Trail

VERBS = {
    Use.READ: "read",
    Use.LISTED: "directory listed",
    Use.ABSENT: "looked for in vain",
    Use.ENV: "environment variable read",
    Use.MODULE: "imported",
    Use.NO_MODULE: "import tried in vain",
    Use.TEXT: "text read",
}


def used(search: Search, how: Use, name: str, trail: Trail) -> None:
    """Something other than code is affected: follow who used it."""
    users = search.world.recorded.users(how, name)
    direct = frozenset(owner for owner in users if owner.kind is not OwnerKind.IMPORT)
    if direct and search.follows_change and how in {Use.READ, Use.LISTED}:
        read = trail.then(VERBS[how] + " by", "a test", evidence=Evidence.DERIVED)
        for memo in search.memos.over_reading(direct):
            kept(search, memo, read)
    for owner, lines in users.items():
        if owner.kind is OwnerKind.IMPORT:
            for line in lines or (0,):
                step = trail.then(VERBS[how] + " while importing", f"{owner.name}:{line}")
                search.statement(Site(owner.name, line), step)
        else:
            search.owner(owner, trail, VERBS[how])
