"""What the policies of a gate are called, what they do by default, and what a project counts as a sign of an agent.

Apart from the other facts of the gate: the configuration needs these, and every command reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Level(StrEnum):
    """What a policy does with what it finds."""

    OFF = "off"
    WARN = "warn"
    FAIL = "fail"


@unique
class PolicyKind(StrEnum):
    """What a change may do besides breaking code."""

    REMOVED_TEST = "removed-test"
    SKIPPED_TEST = "skipped-test"
    EXCUSED_TEST = "xfailed-test"
    WEAKENED_TEST = "weakened-test"
    """Assertions removed or weakened, tolerance widened, parameters dropped, ``assert True``, broad ``except``."""
    EXPECTED_VALUE = "expected-value-changed"
    """A check expects another value than before."""
    MOCKED_CODE = "mocked-code"
    """A test replaces code of the project that it ran before."""
    EXPECTATION_CHANGED = "expectation-changed"
    """The baseline's version of an edited test fails with the new code."""
    UNREACHED_CODE = "unreached-code"
    """Changed code that no test reaches."""
    TEST_AWARE = "test-aware-code"
    """Code that asks whether tests run it."""
    CI_EDITED = "ci-edited"
    CONFTEST_EDITED = "conftest-edited"
    SETTINGS_EDITED = "test-settings-edited"
    """The configuration of pytest, tox, nox or coverage."""
    LOCK_FILE_EDITED = "lock-file-edited"
    CATASTROPHIC = "catastrophic"
    """Modules at risk do not import, or tests do not collect."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What a project counts as a sign of an agent besides what is known of the usual ones: patterns of names."""

    authors: tuple[str, ...] = ()
    """Of names, addresses and logins; ``*`` stands for anything."""
    branches: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    trailers: tuple[str, ...] = ()
    """Of whole lines at the end of a message: ``Assisted-By: *``."""


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """What a policy looks for, and what is done without any setting."""

    default: Level
    meaning: str
    """One sentence."""


POLICIES: Mapping[PolicyKind, PolicyRule] = {
    PolicyKind.REMOVED_TEST: PolicyRule(
        Level.WARN, "A test is gone, and no test that was added or edited makes its checks."
    ),
    PolicyKind.SKIPPED_TEST: PolicyRule(
        Level.FAIL, "A test that ran is skipped: by a mark, a decorator, or a call in its body."
    ),
    PolicyKind.EXCUSED_TEST: PolicyRule(
        Level.FAIL,
        "A test that had to pass may fail: `xfail`, `expectedFailure`, no longer strict.",
    ),
    PolicyKind.WEAKENED_TEST: PolicyRule(
        Level.FAIL,
        "A check is gone, demands less of the same value, is made under a condition only, or its failure is dropped;"
        " rows of parameters are gone; a test is run again until it passes.",
    ),
    PolicyKind.EXPECTED_VALUE: PolicyRule(
        Level.WARN, "A check expects another value, exception or message than before."
    ),
    PolicyKind.MOCKED_CODE: PolicyRule(
        Level.WARN, "A test replaces code of the project that it ran before."
    ),
    PolicyKind.EXPECTATION_CHANGED: PolicyRule(
        Level.WARN,
        "The baseline's version of an edited test fails with the new code: code and test were changed together.",
    ),
    PolicyKind.UNREACHED_CODE: PolicyRule(
        Level.WARN,
        "No test reaches a changed definition, or runs a changed statement (where the map was recorded with lines).",
    ),
    PolicyKind.TEST_AWARE: PolicyRule(
        Level.WARN,
        'Code that is no test begins to ask whether tests run it: `PYTEST_CURRENT_TEST`, `"pytest" in sys.modules`.',
    ),
    PolicyKind.CI_EDITED: PolicyRule(Level.WARN, "What CI runs was edited."),
    PolicyKind.CONFTEST_EDITED: PolicyRule(Level.WARN, "A `conftest.py` was edited."),
    PolicyKind.SETTINGS_EDITED: PolicyRule(
        Level.WARN, "The configuration of pytest, tox, nox, coverage or tdad was edited."
    ),
    PolicyKind.LOCK_FILE_EDITED: PolicyRule(
        Level.WARN, "Dependencies were edited: lock files, requirements, `pyproject.toml`."
    ),
    PolicyKind.CATASTROPHIC: PolicyRule(
        Level.FAIL,
        "Test modules that could be collected cannot be any more, or more than half of what passed fails.",
    ),
}
"""In the order of the documentation."""
