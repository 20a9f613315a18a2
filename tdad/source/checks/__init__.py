"""Test files → what each test demands, what excuses it, its parameters and mocks. No I/O."""

from tdad.source.checks.reading import Naming, read_checks
from tdad.source.checks.same import same_code

__all__ = ["Naming", "read_checks", "same_code"]
