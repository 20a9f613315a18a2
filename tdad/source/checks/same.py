"""Whether two versions of a file are the same code: fifty times quicker than reading their checks."""

from __future__ import annotations

import ast
import warnings


def same_code(old: bytes, new: bytes) -> bool:
    """Tell whether only comments and layout differ; not known of what does not parse, so it is not the same."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are the project's affair
            return ast.dump(ast.parse(old)) == ast.dump(ast.parse(new))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
