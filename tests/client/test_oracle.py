"""The models that play a part: what they do follows from what they were shown, and from nothing else."""

from __future__ import annotations

import json
from typing import Any

from tests.servers.answers import Says, Seen
from tests.servers.clumsy import clumsy
from tests.servers.oracle import oracle

WRONG = (
    "def total(prices):\n    return sum(prices) + 1\n\n\n# Below:\n# one.\n\n\n"
    "def first(prices):\n    return prices[0]\n"
)
RIGHT = WRONG.replace(" + 1", "")
LINE = "    return sum(prices) + 1"
PATH = "shop.py"
Messages = list[dict[str, Any]]


def asked(prompt: str, *turns: tuple[Says, str]) -> Seen:
    """A request with what was said and answered so far."""
    messages: Messages = [{"role": "user", "content": prompt}]
    for number, (says, answer) in enumerate(turns):
        ((name, given),) = says.calls
        function = {"name": name, "arguments": json.dumps(given)}
        call = {"id": f"c{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": answer})
    return Seen("POST", "/v1/chat/completions", {"messages": messages}, {})


def call(says: Says) -> tuple[str, Any]:
    ((name, given),) = says.calls
    return name, given


def test_the_oracle_edits_at_once_what_the_prompt_shows() -> None:
    model = oracle({PATH: WRONG}, {PATH: RIGHT})
    for shown in (
        f"{PATH} lines 1-2: total\n{WRONG}",
        f"{PATH}\n1: def total(prices):\n2: {LINE}",
    ):
        name, given = call(model(asked(shown)))
        assert (name, given["old"]) == ("edit", LINE + "\n")
        assert WRONG.replace(given["old"], given["new"]) == RIGHT


def test_the_oracle_searches_what_it_was_not_shown_then_reads_then_edits_then_finishes() -> None:
    model = oracle({PATH: WRONG}, {PATH: RIGHT})
    search = model(asked("test_total fails"))
    assert call(search) == ("search", {"pattern": r"(def|class) total\b"})
    looked = (search, f"{PATH}:1: def total(prices):")
    read = model(asked("test_total fails", looked))
    assert call(read) == ("read", {"path": PATH, "start": 1, "end": 10})
    listing = "\n".join(f"{n}: {line}" for n, line in enumerate(WRONG.splitlines(), 1))
    saw = (read, f"{PATH}, lines 1-10 of 10\n{listing}")
    edit = model(asked("test_total fails", looked, saw))
    assert call(edit)[0] == "edit"
    did = (edit, "Edited shop.py:2 (+1 -1).")
    assert call(model(asked("test_total fails", looked, saw, did)))[0] == "finish"


def test_the_oracle_takes_as_many_lines_as_occur_once() -> None:
    start = "def a():\n    return 1\n\n\ndef b():\n    return 1\n"
    model = oracle({PATH: start}, {PATH: start[:-2] + "2\n"})
    _, given = call(model(asked(f"{PATH}\n{start}")))
    assert start.count(given["old"]) == 1
    assert start.replace(given["old"], given["new"]).endswith("b():\n    return 2\n")


def test_the_oracle_gives_up_on_an_edit_that_is_refused_again_and_again() -> None:
    model = oracle({PATH: WRONG}, {PATH: RIGHT})
    prompt = f"{PATH}\n{WRONG}"
    turns: list[tuple[Says, str]] = []
    for _ in range(3):
        says = model(asked(prompt, *turns))
        assert call(says)[0] == "edit"
        turns.append((says, "No such file. Nothing was changed."))
    assert call(model(asked(prompt, *turns)))[0] == "finish"


def test_differences_that_are_close_are_one_edit_and_more_so_after_a_refusal() -> None:
    start = "if (a\n    and b\n    ):\n    x = 1\n" + "y = 1\n" * 12 + "z = 1\n"
    right = start.replace("(a", "a").replace("    ):", "    :").replace("z = 1", "z = 2")
    model = oracle({PATH: start}, {PATH: right})
    prompt = f"{PATH}\n{start}"
    last = model(asked(prompt))
    assert call(last)[1]["new"].endswith("z = 2\n")
    merged = call(model(asked(prompt, (last, "That does not work. Nothing was changed."))))[1]
    assert start.replace(merged["old"], merged["new"]) == right
    done = model(asked(prompt, (last, "Edited shop.py:17 (+1 -1).")))
    assert call(done)[1]["new"] == "if a\n    and b\n    :\n"


def test_the_clumsy_model_finishes_unless_it_hears_something_bad() -> None:
    proposals = [{PATH: WRONG.replace("+ 1", "+ 2")}, {PATH: WRONG.replace("prices[0]", "0")}]
    model = clumsy({PATH: WRONG}, [*proposals, {PATH: RIGHT}])
    prompt = f"{PATH}\n{WRONG}"
    first = model(asked(prompt))
    assert "+ 2" in call(first)[1]["new"]
    assert call(model(asked(prompt, (first, "Edited shop.py:2 (+1 -1)."))))[0] == "finish"


def test_the_clumsy_model_takes_back_what_it_did_and_goes_on_after_bad_news() -> None:
    proposals = [{PATH: WRONG.replace("+ 1", "+ 2")}, {PATH: WRONG.replace("prices[0]", "0")}]
    model = clumsy({PATH: WRONG}, [*proposals, {PATH: RIGHT}])
    prompt = f"{PATH}\n{WRONG}"
    turns: list[tuple[Says, str]] = []
    text, tried = WRONG, []
    for _ in range(12):
        says = model(asked(prompt, *turns))
        name, given = call(says)
        if name == "finish":
            break
        assert name == "edit", given
        text = text.replace(given["old"], given["new"])
        tried.append(text)
        good = text == RIGHT
        turns.append((says, f"Edited.\n{'2 pass' if good else 'Still failing: t'}"))
        turns[-1] = (says, turns[-1][1].replace("Edited.", "Edited shop.py:2 (+1 -1)."))
    assert text == RIGHT
    assert proposals[0][PATH] in tried
    assert proposals[1][PATH] in tried


def test_a_refused_proposal_is_given_up() -> None:
    model = clumsy({PATH: WRONG}, [{PATH: WRONG + "import x\n"}, {PATH: RIGHT}])
    prompt = f"{PATH}\n{WRONG}"
    first = model(asked(prompt))
    second = model(asked(prompt, (first, "x would be undefined. Nothing was changed.")))
    assert call(second)[1]["old"] == LINE + "\n"
