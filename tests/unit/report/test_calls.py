from __future__ import annotations

import json
import xml.etree.ElementTree as ET

from tdad.report.calls import render_calls

CALLS = {"pkg.b": ["pkg.a.f", "pkg.a.f"], 'pkg.<"x">': ["pkg.b"], "pkg.a.f": []}


def test_json_is_sorted_and_has_each_callee_once():
    assert list(json.loads(render_calls(CALLS, "json")).items()) == [
        ('pkg.<"x">', ["pkg.b"]),
        ("pkg.a.f", []),
        ("pkg.b", ["pkg.a.f"]),
    ]


def test_graphml_is_well_formed():
    root = ET.fromstring(render_calls(CALLS, "graphml"))
    space = "{http://graphml.graphdrawing.org/xmlns}"
    assert len(root.findall(f".//{space}node")) == 3
    assert [edge.attrib for edge in root.findall(f".//{space}edge")] == [
        {"source": 'pkg.<"x">', "target": "pkg.b"},
        {"source": "pkg.b", "target": "pkg.a.f"},
    ]


def test_dot_quotes_names():
    assert '"pkg.<\\"x\\">" -> "pkg.b";' in render_calls(CALLS, "dot")
