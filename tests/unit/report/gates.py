"""Answers of the gate for tests of reports: a usual one, an empty one, one whose every text is hostile."""

from __future__ import annotations

from tdad.answers_gate import Chosen, GateEnd, GateReport, Suggestion, Version
from tdad.facts import Site, Status
from tdad.facts_gate import (
    Attempt,
    Author,
    Finding,
    Judged,
    Level,
    Manner,
    PolicyKind,
    Uncollected,
    Verdict,
)

BASE = Version("origin/main", "a302635" + "0" * 33, "/usr/bin/python3")
HEAD = Version("HEAD", "9f1c2ab" + "0" * 33, "/usr/bin/python3")
PASSED = Attempt(Status.PASSED, 0.25)
FAILED = Attempt(
    Status.FAILED,
    0.5,
    "AssertionError: assert 9 == 10\n  where 9 = total()",
    site=Site("shop/cart.py", 88),
)
SKIPPED = Attempt(Status.SKIPPED, 0.0, "needs a network")

REGRESSION = Judged(
    "tests/test_shop.py::TestCart::test_total[eur]",
    Verdict.REGRESSION,
    2,
    (PASSED, PASSED),
    (FAILED, FAILED, FAILED),
    Manner.FAILURE,
    "passed on the baseline 2 of 2 times, failed on head 3 of 3",
    ("shop/cart.py::Cart.total edited, executed by this test",),
    fails_gate=True,
    site=Site("shop/cart.py", 88),
)
BROKEN = Judged(
    "tests/test_stock.py::test_stock", Verdict.REGRESSION, 21, (PASSED,), (Attempt(Status.CRASHED, 0.1, "signal 11"),),
    Manner.CRASH, "passed on the baseline, the process ended on head", fails_gate=True,
)  # fmt: skip
NEW = Judged(
    "tests/test_new.py::test_new", Verdict.NEW_FAILING, 14, (), (FAILED, FAILED), fails_gate=True
)
FLAKY = Judged(
    "tests/test_net.py::test_ping",
    Verdict.FLAKY,
    3,
    (PASSED,),
    (FAILED, PASSED),
    note="failed on head 1 of 2",
)
SILENCED = Judged(
    "tests/test_net.py::test_get",
    Verdict.SILENCED,
    10,
    (PASSED,),
    (SKIPPED,),
    note="needs a network",
)
OLD = Judged("tests/test_old.py::test_red", Verdict.STILL_FAILING, 5, (FAILED,), (FAILED,))
SAME = Judged("tests/test_shop.py::test_name", Verdict.UNCHANGED, 1, (), (PASSED,))

VIOLATION = Finding(
    PolicyKind.WEAKENED_TEST, Level.FAIL, "tests/test_shop.py", 41, "a check demands less of the same value",
    "tests/test_shop.py::TestCart::test_sum", "- assert cart.sum() == 9\n+ assert cart.sum()",
)  # fmt: skip
WARNING = Finding(
    PolicyKind.CI_EDITED, Level.WARN, ".github/workflows/test.yml", 0, "what CI runs was edited"
)
WARNINGS = (
    WARNING,
    Finding(
        PolicyKind.UNREACHED_CODE,
        Level.WARN,
        "shop/stock.py",
        7,
        "Stock.count was edited, and no test reaches it",
    ),
    Finding(
        PolicyKind.CATASTROPHIC,
        Level.WARN,
        "",
        0,
        "more than half of what passed before and was run fails",
    ),
)

PATCH = "--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1 +1 @@\n-a\n+b\n"
USUAL = GateReport(
    end=GateEnd.REGRESSION,
    baseline=BASE,
    head=HEAD,
    tests=(REGRESSION, BROKEN, NEW, FLAKY, SILENCED, OLD, SAME),
    uncollected=(Uncollected("tests/test_gone.py", "ImportError: no module named shop.gone", 12, before=False),),
    findings=(VIOLATION, *WARNINGS),
    chosen=Chosen(
        "impacted", "recorded map", 481, 37, 36, partial=True,
        not_run=("tests/test_slow.py::test_slow",), time_share=0.12,
    ),
    notes=("your tree has uncommitted work",),
    suggestions=(Suggestion((REGRESSION.node_id,), "undoes 1 hunk (shop/cart.py:88)", PATCH),),
    author=Author("claude", "high", ("trailer: Co-Authored-By: Claude <noreply@anthropic.com>",)),
    seconds=41.8,
    baseline_ran=6,
    reruns=9,
)  # fmt: skip
EMPTY = GateReport(GateEnd.PASSED, BASE, HEAD, ())
UNDECIDED = GateReport(
    GateEnd.UNDECIDED, BASE, HEAD, (), undecided=("no test of the baseline can be run",)
)

EVIL = (
    "```\n</details><img src=x onerror=alert(1)> [x](http://x) @octocat #1 | a | b\r\n"
    "::error file=a.py::forged\n##[error]forged\n<!-- "
    "\x1b[31m \x00 \ud800 \u202eevil %0A::warning::x ]]> &amp; \\ ` `` \ufffe"
)
_EVIL_ID = f"tests/{EVIL}.py::Test::test_[{EVIL}]"
_EVIL_ATTEMPT = Attempt(Status.FAILED, 0.1, EVIL, site=Site(f"{EVIL}.py", 3))
HOSTILE = GateReport(
    end=GateEnd.REGRESSION,
    baseline=Version(EVIL, BASE.commit, ""),
    head=Version(EVIL, HEAD.commit, ""),
    tests=(
        Judged(
            _EVIL_ID, Verdict.REGRESSION, 2, (PASSED,), (_EVIL_ATTEMPT,), Manner.FAILURE, EVIL, (EVIL,), EVIL,
            fails_gate=True,
        ),
        Judged(_EVIL_ID + "2", Verdict.FLAKY, 3, (PASSED,), (_EVIL_ATTEMPT, PASSED), note=EVIL),
    ),
    uncollected=(Uncollected(EVIL, EVIL, 1, before=False),),
    findings=(
        Finding(PolicyKind.WEAKENED_TEST, Level.FAIL, EVIL, 3, EVIL, EVIL, EVIL),
        Finding(PolicyKind.MOCKED_CODE, Level.WARN, EVIL, 3, EVIL, EVIL, EVIL),
    ),
    undecided=(EVIL,),
    notes=(EVIL,),
    suggestions=(Suggestion((EVIL,), EVIL, EVIL, (EVIL,)),),
    author=Author(EVIL, EVIL, (EVIL,)),
)  # fmt: skip
ALL = {"usual": USUAL, "empty": EMPTY, "undecided": UNDECIDED, "hostile": HOSTILE}


def many(number: int) -> GateReport:
    """So many regressions and warnings."""
    tests = tuple(
        Judged(
            f"tests/test_{n}.py::test_it", Verdict.REGRESSION, 2, (PASSED,), (FAILED,), because=("x" * 200,),
            fails_gate=True,
        )
        for n in range(number)
    )  # fmt: skip
    findings = tuple(
        Finding(PolicyKind.UNREACHED_CODE, Level.WARN, f"shop/{n}.py", 1, "edited")
        for n in range(number)
    )
    return GateReport(GateEnd.REGRESSION, BASE, HEAD, tests, findings=findings)
