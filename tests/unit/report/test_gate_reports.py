"""What CI systems read: valid by what is published of each format, and nothing in a repository can forge it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from sarif_pydantic import Sarif

from tdad.answers_gate import GateReport
from tdad.facts import Site
from tdad.facts_gate import Judged
from tdad.report.documents import dumps
from tdad.report.gate_github import github_text
from tdad.report.gate_gitlab import gitlab_text
from tdad.report.gate_json import gate_document
from tdad.report.gate_junit import junit_text
from tdad.report.gate_markdown import COMMENT_BYTES, SUMMARY_BYTES, markdown_text
from tdad.report.gate_sarif import sarif_text
from tests.unit.report.gates import ALL, EMPTY, HOSTILE, REGRESSION, USUAL, many
from tests.unit.report.published import CODE_QUALITY, JUNIT, SARIF

each = pytest.mark.parametrize("name", ALL)


@each
def test_json_keeps_to_our_own_schema(name):
    folder = Path(__file__).parents[3] / "docs" / "reference" / "schemas"
    schema = json.loads((folder / "gate-1.schema.json").read_text(encoding="utf-8"))
    document = json.loads(dumps(gate_document(ALL[name])))
    jsonschema.Draft202012Validator(schema).validate(document)


# ------------------------------------------------------------------------------------------------ JUnit


@each
@pytest.mark.parametrize("places", [True, False])
def test_junit_keeps_to_the_schema_of_jenkins(name, places):
    root = ET.fromstring(junit_text(ALL[name], places=places))
    assert root.tag == "testsuites"
    for element in root.iter():
        allowed, needed, inside = JUNIT[element.tag]
        extra = {"file", "line"} if places and element.tag == "testcase" else set()
        assert set(element.attrib) <= allowed | extra
        assert needed <= set(element.attrib)
        assert {child.tag for child in element} <= inside
        assert re.fullmatch(r"\d*(\.\d*)?", element.get("time", "0"))


def test_junit_has_the_numbers_and_one_result_a_case():
    root = ET.fromstring(junit_text(USUAL))
    tests, policies = root
    assert (root.get("tests"), root.get("failures")) == ("8", "4")
    assert (tests.get("tests"), tests.get("failures"), tests.get("skipped")) == ("7", "3", "3")
    assert all(len(case) <= 1 for case in root.iter("testcase"))
    first = tests[0]
    assert first.attrib == {
        "classname": "tests.test_shop.TestCart",
        "name": "test_total[eur]",
        "time": "0.500",
        "file": "shop/cart.py",
        "line": "88",
    }
    assert first[0].attrib["message"].startswith("passed on the baseline 2 of 2 times")
    assert "because shop/cart.py::Cart.total edited" in (first[0].text or "")
    assert policies[0].get("classname") == "tdad.policy.weakened-test"


def test_a_junit_file_of_a_gate_that_cannot_decide_is_not_green():
    root = ET.fromstring(junit_text(ALL["undecided"]))
    assert (root.get("errors"), root.get("tests")) == ("1", "1")


# ------------------------------------------------------------------------------------------------ SARIF


@each
def test_sarif_keeps_to_its_schema(name):
    document = json.loads(sarif_text(ALL[name]))
    jsonschema.Draft202012Validator(SARIF).validate(document)
    Sarif.model_validate(document)
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9%/_.~-]+", uri)


def test_sarif_fingerprints_do_not_depend_on_lines():
    def prints(report):
        (run,) = json.loads(sarif_text(report))["runs"]
        return [result["partialFingerprints"]["tdadGate/v1"] for result in run["results"]]

    moved = Judged(
        REGRESSION.node_id,
        REGRESSION.verdict,
        2,
        REGRESSION.baseline,
        REGRESSION.head,
        fails_gate=True,
    )
    assert (
        prints(USUAL)[0] == prints(GateReport(USUAL.end, USUAL.baseline, USUAL.head, (moved,)))[0]
    )
    assert len(set(prints(USUAL))) == len(prints(USUAL)) == 9


def test_sarif_is_cut_where_github_stops_showing():
    (run,) = json.loads(sarif_text(many(4000)))["runs"]
    assert len(run["results"]) == 5000
    assert run["results"][3999]["level"] == "error"


# ----------------------------------------------------------------------------------------------- GitHub


@each
def test_annotations_are_commands_that_hold_together(name):
    for line in github_text(ALL[name]).splitlines():
        found = re.fullmatch(
            r"::(error|warning) ((?:file|line|title)=[^,:]*(?:,(?:file|line|title)=[^,:]*)*)::(.*)",
            line,
        )
        assert found
        assert not re.search(r"[\r\n\x00-\x08\x1b]", line)
    assert github_text(EMPTY) == ""


def test_what_the_repository_says_is_no_second_command():
    lines = github_text(HOSTILE).split("\n")
    assert [line.split(" ")[0] for line in lines if line] == ["::error"] * 3 + ["::warning"]
    assert all("%0A" in line or "\\n" in line for line in lines if line)
    assert not any(line.startswith("##[") for line in lines)


def test_only_ten_of_each_are_shown_so_the_tenth_counts_the_others():
    lines = github_text(many(25)).splitlines()
    assert [
        sum(line.startswith(f"::{kind} ") for line in lines) for kind in ("error", "warning")
    ] == [10, 10]
    assert "and 16 more" in lines[9]
    assert github_text(USUAL).splitlines()[0] == (
        "::error file=shop/cart.py,line=88,title=regression%3A tests/test_shop.py%3A%3ATestCart%3A%3Atest_total[eur]::"
        "passed on the baseline 2 of 2 times, failed on head 3 of 3%0AAssertionError: assert 9 == 10"
        "%0A  where 9 = total()%0Abecause shop/cart.py::Cart.total edited, executed by this test"
    )


# ----------------------------------------------------------------------------------------------- GitLab


@each
def test_code_quality_keeps_to_what_is_documented(name):
    issues = json.loads(gitlab_text(ALL[name]))
    jsonschema.Draft202012Validator(CODE_QUALITY).validate(issues)
    prints = [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == len(prints)
    assert bool(issues) == (name in {"usual", "hostile"})


# --------------------------------------------------------------------------------------------- Markdown


class Tags(HTMLParser):
    """Collects the tags outside code."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag, attrs):
        self.opened.append(tag)
        self.depth += tag == "details"

    def handle_endtag(self, tag):
        self.depth -= tag == "details"


def outside_code(markdown: str) -> str:
    """What is neither in a fenced block nor in a code span."""
    lines, fence = [], ""
    for line in markdown.split("\n"):
        found = re.match(r"(`{3,})", line)
        if not fence and found and "`" not in line[len(found[1]) :]:
            fence = found[1]
        elif fence and line == fence:
            fence = ""
        elif not fence:
            lines.append(line)
    assert not fence
    return re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", "\n".join(lines))


@each
def test_nothing_of_a_repository_gets_out_of_code_or_entities(name):
    text = markdown_text(ALL[name])
    plain = outside_code(text)
    tags = Tags()
    tags.feed(plain)
    assert set(tags.opened) <= {"details", "summary", "b", "code", "sub"}
    assert tags.depth == 0
    shown = unescape(re.sub(r"<code>.*?</code>", "", plain))
    assert not re.search(
        r"@\w|#\d|[\r\x1b]", shown
    )  # mentions and issues are looked for in what is shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\ud800]", text)
    tag = r"</?(?:details( open)?|summary|b|code|sub)>"
    own = re.sub(rf"&#\d+;|^#+ |\*\*|{tag}|^> |^- ", "", plain, flags=re.MULTILINE)
    assert not re.search(r"[\[\]@#|`\\<>*_!]", own)


def test_markdown_says_why_for_each_regression():
    text = markdown_text(USUAL)
    assert text.startswith(
        "## ❌ tdad gate: the change breaks what worked\n\n**2** regressions, **1** new failing test"
    )
    assert "because `shop/cart.py::Cart.total edited, executed by this test`" in text
    assert "```diff\n- assert cart.sum() == 9\n+ assert cart.sum()\n```" in text
    assert "<details><summary>Warnings of policies (3)</summary>" in text


def test_parameter_sets_of_one_function_are_shown_as_one():
    sets = tuple(
        replace(REGRESSION, node_id=REGRESSION.node_id.replace("eur", str(n))) for n in range(40)
    )
    text = markdown_text(replace(USUAL, tests=sets))
    assert text.count("<details open>") == 1
    assert "and 39 more of its parameter sets: `test_total[1]`, `test_total[2]`" in text
    assert "test_total[25]" not in text
    errors = [
        e for e in github_text(replace(USUAL, tests=sets)).splitlines() if e[:7] == "::error"
    ]
    assert len(errors) == 2
    assert errors[0].endswith("%0Aand 39 more of its parameter sets")


@pytest.mark.parametrize("limit", [COMMENT_BYTES, SUMMARY_BYTES])
def test_a_summary_never_grows_beyond_what_is_accepted(limit):
    text = markdown_text(many(5000), limit)
    assert limit / 2 < len(text.encode()) <= limit
    assert re.search(r"… and [\d,]+ more tests that fail the gate", text)
    tags = Tags()
    tags.feed(outside_code(text))
    assert tags.depth == 0


# ------------------------------------------------------------------------------------------------ monorepos


def test_what_ci_systems_show_is_named_from_the_top_of_the_repository():
    """They know of no project roots; names of tests are the project's own."""
    inside = replace(USUAL, folder="services/api")
    assert "::error file=services/api/shop/cart.py,line=88," in github_text(inside)
    paths = {issue["location"]["path"] for issue in json.loads(gitlab_text(inside))}
    assert {"services/api/shop/cart.py", "services/api"} <= paths
    (run,) = json.loads(sarif_text(inside))["runs"]
    assert run["automationDetails"]["id"] == "tdad-gate/services/api/"
    assert all(
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith(
            "services/api"
        )
        for each in run["results"]
    )
    case = ET.fromstring(junit_text(inside))[0][0]
    assert (case.get("file"), case.get("classname")) == (
        "services/api/shop/cart.py",
        "tests.test_shop.TestCart",
    )


def test_shared_code_beside_the_project_is_named_from_the_top():
    site = Site("../../libs/money.py", 3)
    report = replace(USUAL, folder="services/api", tests=(replace(REGRESSION, site=site),))
    assert "::error file=libs/money.py," in github_text(report)


def test_projects_of_a_repository_do_not_take_each_others_issues_for_their_own():
    one, other = (
        {issue["fingerprint"] for issue in json.loads(gitlab_text(replace(USUAL, folder=folder)))}
        for folder in ("services/api", "services/worker")
    )
    assert one.isdisjoint(other)
