"""The one audit hook of the process, and who listens to what.

An audit hook cannot be removed, and each one is called for every event (``builtins.id`` is one): so there is only one,
which looks the event up in a dictionary and is done.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = (
    False  # importing typing would cost a child that runs no project code more than all the rest
)
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

    Handler = Callable[[str, Any], None]

_STATE = "_tdad_audit"


def listen(event: str, handler: Handler) -> None:
    """Call ``handler(event, args)`` when ``event`` is raised. What it raises is dropped."""
    handlers = _handlers()
    handlers[event] = handlers.get(event, ()) + (handler,)


def silence(event: str, handler: Handler) -> None:
    """Stop calling ``handler`` for ``event``."""
    handlers = _handlers()
    left = tuple(one for one in handlers.get(event, ()) if one != handler)
    if left:
        handlers[event] = left
    else:
        handlers.pop(event, None)


def _handlers() -> Dict[str, Tuple[Handler, ...]]:
    """Return the table of this process, whatever name the probe was loaded under."""
    table: Any = getattr(sys, _STATE, None)
    if table is None:
        table = {}
        setattr(sys, _STATE, table)
        sys.addaudithook(_hook(table))
    found: Dict[str, Tuple[Handler, ...]] = table
    return found


def _hook(table: Dict[str, Tuple[Handler, ...]]) -> Handler:
    def hook(event: str, args: Any) -> None:
        if event in table:
            for handler in table[event]:
                try:
                    handler(event, args)
                except Exception:
                    continue

    return hook
