"""``match`` patterns: what the captures of a case may be."""

from __future__ import annotations

import libcst as cst

from tdad.facts_flow import UNKNOWN, Implicit, LoadAttribute, LoadItem
from tdad.source.flow.displays import iterated
from tdad.source.flow.scope import ScopeFlow


def match_case(  # noqa: C901, PLR0912 - one branch per kind of pattern
    scope: ScopeFlow, pattern: cst.MatchPattern, subject: int
) -> None:
    """Bind the captures of ``pattern`` when ``subject`` matches it."""
    if isinstance(pattern, cst.MatchAs):
        if pattern.pattern is not None:
            match_case(scope, pattern.pattern, subject)
        if pattern.name is not None:
            scope.bind(pattern.name.value, subject)
    elif isinstance(pattern, cst.MatchOr):
        for option in pattern.patterns:
            match_case(scope, option.pattern, subject)
    elif isinstance(pattern, cst.MatchClass):
        _class(scope, pattern, subject)
    elif isinstance(pattern, (cst.MatchList, cst.MatchTuple)):
        _sequence(scope, pattern, subject)
    elif isinstance(pattern, cst.MatchMapping):
        for element in pattern.elements:
            key = scope.evaluate(element.key)
            part = UNKNOWN
            if subject != UNKNOWN:
                part = scope.slot()
                scope.emit(LoadItem(part, subject, key, scope.file.site()))
            match_case(scope, element.pattern, part)
        if pattern.rest is not None:
            scope.bind(pattern.rest.value, subject)
    elif isinstance(pattern, cst.MatchValue):
        value = scope.evaluate(pattern.value)
        if subject != UNKNOWN:
            target = scope.slot()
            site = scope.file.site()
            scope.emit(Implicit(target, subject, ("__eq__",), (value,), site))


def _class(scope: ScopeFlow, pattern: cst.MatchClass, subject: int) -> None:
    scope.evaluate(pattern.cls)
    for element in pattern.patterns:
        match_case(scope, element.value, iterated(scope, subject))
    for keyword in pattern.kwds:
        part = UNKNOWN
        if subject != UNKNOWN:
            part = scope.slot()
            scope.emit(LoadAttribute(part, subject, keyword.key.value, scope.file.site()))
        match_case(scope, keyword.pattern, part)


def _sequence(scope: ScopeFlow, pattern: cst.MatchList | cst.MatchTuple, subject: int) -> None:
    count = len(pattern.patterns)
    starred = False
    site = scope.file.site()
    for position, element in enumerate(pattern.patterns):
        rest = isinstance(element, cst.MatchStar)
        starred = starred or rest
        part = UNKNOWN
        if subject != UNKNOWN:
            index = position if rest or not starred else position - count
            part = scope.unpack(subject, index, site, rest=rest)
        if isinstance(element, cst.MatchStar):
            if element.name is not None:
                scope.bind(element.name.value, part)
        else:
            match_case(scope, element.value, part)
