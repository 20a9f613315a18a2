"""Going in circles, and conversations that have to be shorter."""

from __future__ import annotations

from dataclasses import replace

from tdad.agent.chat import Message, Role, ToolCall
from tdad.agent.chat.facts import result, system, user
from tdad.agent.loop.conversation import afresh, budget_line, opening, sampling_of
from tdad.agent.loop.elision import KEEP_LAST, elide, too_full
from tdad.agent.loop.repetition import Circle, Deed, circle, no_edit_nudge


def after(*keys: str) -> Circle:
    return circle([Deed(key, "read") for key in keys], "Known so far: a fails.")


def test_the_same_call():
    assert after("a", "a") == Circle()
    assert "exact call 3 times" in after("a", "b", "a", "a").nudge
    assert "Known so far: a fails." in after("a", "a", "a").nudge
    assert after("a", "a", "a", "a") == Circle(), "told once"
    assert after("a", "b", "a", "c", "a", "a", "a").end


def test_back_and_forth_between_two_calls():
    assert after("a", "b", "a", "b") == Circle()
    assert after("a", "b", "a", "b", "a").nudge
    assert after("a", "b", "a", "b", "a", "b").nudge
    assert after(*["a", "b"] * 4, "a").end


def test_refused_edits_of_the_same_lines_whatever_their_text():
    def tries(number: int, *between: Deed) -> Circle:
        edits = [Deed(f"e{n}", "edit", True, "a.py", 10 + n % 2, 14) for n in range(number)]
        return circle([*between, *edits], "")

    assert tries(2) == Circle()
    assert "third edit of lines 10-14 of a.py" in tries(3).nudge
    assert tries(4) == Circle()
    assert tries(6).end
    other = [Deed("x", "edit", True, "a.py", 90, 94), Deed("y", "edit", True, "b.py", 10, 14)]
    assert circle([*other, Deed("z", "edit", True, "a.py", 10, 14)], "") == Circle()
    made = [Deed(f"e{n}", "edit", True, "a.py", 10, 14) for n in range(2)]
    made += [Deed("ok", "edit"), Deed("e3", "edit", True, "a.py", 10, 14)]
    assert circle(made, "") == Circle(), "an edit that was made begins the count anew"


def test_looking_at_what_was_seen():
    seen = [Deed(f"r{n}", "read", new_lines=False) for n in range(10)]
    assert circle(seen[:9], "") == Circle()
    assert "showed nothing new" in circle(seen, "").nudge
    assert circle([*seen[:5], Deed("new", "read"), *seen[5:]], "") == Circle()


def test_no_edit_for_half_of_the_steps():
    assert no_edit_nudge(16, 30, edited=False).startswith("16 of 30 steps")
    assert no_edit_nudge(16, 30, edited=True) == ""
    assert no_edit_nudge(17, 30, edited=False) == "", "said once"


def talk(reads: int, path: str = "a.py", size: int = 3_000) -> list[Message]:
    messages = [system("You repair."), user("Fix it. " + "x" * 5_000)]
    for number in range(reads):
        call = ToolCall(f"c{number}", "read", {"path": path, "start": number})
        messages.append(Message(Role.ASSISTANT, f"step {number}", calls=(call,)))
        messages.append(result(call, "y" * size))
    return messages


def test_32_the_oldest_observations_go_and_nothing_else():
    messages = talk(10)
    shorter = elide(messages, 1_500)
    assert shorter is not None
    assert shorter[3].text == "[elided: read a.py 0]"
    changed = [n for n, (one, two) in enumerate(zip(messages, shorter, strict=True)) if one != two]
    assert changed == [3, 5], "as many as it takes, the oldest first"
    assert [m.role for m in shorter] == [m.role for m in messages]
    everything = elide(messages, 10**9)
    assert everything is not None
    assert everything[1] == messages[1], "what the user said stays"
    assert everything[-2 * KEEP_LAST :] == tuple(messages[-2 * KEEP_LAST :])
    assert elide(everything, 1) is None, "nothing is left to leave out"


def test_what_was_read_of_an_edited_file_goes_last():
    messages = talk(4, "edited.py") + talk(8)[2:]
    renamed = [
        replace(m, calls=(replace(m.calls[0], id=f"d{n}"),)) if m.calls else m
        for n, m in enumerate(messages)
    ]
    fitted = []
    last = ""
    for m in renamed:
        last = m.calls[0].id if m.calls else last
        fitted.append(replace(m, call_id=last) if m.role is Role.TOOL else m)
    shorter = elide(fitted, 1_500, {"edited.py"})
    assert shorter is not None
    gone = [n for n, m in enumerate(shorter) if m.text.startswith("[elided")]
    assert gone == [11, 13]
    assert all("a.py" in shorter[n].text for n in gone)


def test_when_a_conversation_is_too_full():
    assert too_full(20_000, 32_768) == 0
    assert too_full(24_000, 32_768) == 24_000 - 16_384
    assert too_full(10**6, None) == 0


def test_a_conversation_begun_anew_has_the_old_beginning():
    first = opening("S", "Fix it.")
    again = afresh(first, "+x = 1", "2 tests run", 7, 30)
    assert [m.role for m in again] == [Role.SYSTEM, Role.USER]
    assert again[0] == first[0]
    assert again[1].text.startswith("Fix it.\n\nYou have worked on this for 7 of 30 steps.")
    assert "+x = 1" in again[1].text
    assert "2 tests run" in again[1].text


def test_budget_and_sampling():
    assert budget_line(3, 30, 600.0) == "[step 3 of 30]"
    assert budget_line(3, 30, 110.0) == "[step 3 of 30, 2 min left]"
    first, second = (sampling_of(n, 7, thinking=True) for n in (1, 2))
    assert (first.temperature, first.seed, first.thinking) == (0.6, 7, True)
    assert (second.temperature, second.seed) == (1.0, 8)
    plain = sampling_of(1, 7, thinking=False)
    assert (plain.thinking, plain.max_tokens) == (False, 8_192)
