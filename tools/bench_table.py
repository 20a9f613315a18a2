"""Results → the tables in docs/explanation/performance.md, between its markers."""
from __future__ import annotations
from typing import Any
def write_table(results: dict[str, Any]) -> None:
    """Later."""
