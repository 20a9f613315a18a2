"""The desk of one attempt: the files with its edits, what was seen and tried, and the answer to each call of a tool."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from tdad.agent.chat import ToolCall
from tdad.agent.loop import editing, reading
from tdad.agent.loop.attempts import Checkpoint, checkpoint
from tdad.agent.loop.gates import Rules, refusal, untouchable
from tdad.agent.loop.plain import capped, plain
from tdad.agent.loop.repetition import Circle, Deed, circle
from tdad.agent.loop.standing import Standing, failure_text, known_line, standing_text
from tdad.agent.loop.tree import Tree, encoded
from tdad.agent.search.patch_text import patch_text
from tdad.facts_fix import Failure
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_model_checks import Checked, Checks, sources_of, uncollected_text
from tdad.workflows.fix_model_names import named_tests, reach_text
from tdad.workflows.fix_model_shell import run_shell
from tdad.workflows.fix_model_tree import stays_inside

_UNCHANGED = "Nothing was changed."


@dataclass
class Desk:
    """State of one attempt; every answer is a text."""

    hunt: Hunt
    tree: Tree
    checks: Checks
    rules: Rules
    arms: frozenset[str]
    tool_s: float
    standing: Standing | None = None
    best: Checkpoint | None = None
    edits: int = 0
    refused: int = 0
    finished: str | None = None
    """What the model said when it ended the work."""
    seen: set[tuple[str, int]] = field(default_factory=set)
    deeds: list[Deed] = field(default_factory=list)
    circle: Circle = field(default_factory=Circle)
    stopped: str = ""
    """Why the other calls of the turn are not run."""
    warned: bool = False
    must_pass: tuple[str, ...] = ()
    """Tests that a verification found broken: they are run with the tests at risk from then on."""
    _deed: Deed = field(default_factory=lambda: Deed("", ""))
    """What the call that is being answered did."""

    def answer(self, call: ToolCall) -> str:
        """Run one call that may run, and say what came of it."""
        if self.stopped:
            return self.stopped
        key = f"{call.name} {json.dumps(dict(call.arguments), sort_keys=True)} {self.tree.digest}"
        self._deed = Deed(key, call.name)
        text = plain(self._tools()[call.name](call.arguments))
        self._did(self._deed, key)
        if self.circle.nudge:
            text = f"{text}\n\n{self.circle.nudge}"
        return text

    def _tools(self) -> Mapping[str, Callable[[Mapping[str, object]], str]]:
        return {
            "read": partial(self._look, "read"),
            "search": partial(self._look, "search"),
            "edit": self._edit,
            "run_tests": self._run_tests,
            "show": self._show,
            "bash": self._bash,
            "finish": self._finish,
        }

    def _did(self, deed: Deed, key: str) -> None:
        self.deeds.append(
            Deed(key, deed.tool, deed.refused, deed.path, deed.first, deed.last, deed.new_lines)
        )
        self.circle = (
            circle(self.deeds, known_line(self.standing, self.hunt.targets))
            if "nudges" in self.arms
            else Circle()
        )

    def turn(self) -> None:
        """A new turn of the model begins."""
        self.stopped = ""

    # ------------------------------------------------------------------------------------------------- looking

    def _look(self, tool: str, given: Mapping[str, object]) -> str:
        shown = reading.looked(self.tree, tool, given)
        lines = {(s.path, n) for s in shown.seen for n in range(s.first, s.last + 1)}
        new = bool(lines - self.seen)
        self.seen |= lines
        self._deed = Deed("", tool, new_lines=new)
        return shown.text

    def _show(self, given: Mapping[str, object]) -> str:
        what = str(given["what"]).strip()
        if what.startswith("map"):
            return reach_text(self.hunt, what.partition(":")[2].strip() or "")
        if "fail" in what:
            return self._failures()
        if not self.tree.patch:
            return "You have changed nothing yet."
        before = {path: self.tree.start(path) for path in self.tree.patch}
        return capped(plain(patch_text(before, self.tree.patch).decode("utf-8", "replace")))

    def _failures(self) -> str:
        standing, start = self.standing, self.hunt.start
        names = (
            [*standing.broken, *standing.failing] if standing is not None else self.hunt.targets
        )
        known: Mapping[str, Failure] = {
            **start.failures,
            **(standing.failures if standing is not None else {}),
        }
        if not names:
            return "No test that was run fails."
        chosen = {name: known[name] for name in names[:5] if name in known}
        sources = sources_of(self.tree, chosen)
        return "\n".join(failure_text(name, known.get(name), sources) for name in names[:5])

    # ------------------------------------------------------------------------------------------------- changing

    def _edit(self, given: Mapping[str, object]) -> str:
        path, old, new = self.tree.find(str(given["path"])), str(given["old"]), str(given["new"])
        reason = untouchable(path, self.tree, self.rules)
        if not reason and not stays_inside(self.hunt.seats.ground, path):
            reason = f"{path} is behind a link, and is not written to."
        if reason:
            return self._no(path, f"{reason}")
        data = self.tree.read(path)
        if data is None and old:
            return self._no(path, f"{reading.no_file(self.tree, path)} {_UNCHANGED}")
        if data is not None and b"\0" in data:
            return self._no(path, f"{path} is not text. {_UNCHANGED}")
        done = editing.edit(path, self.tree.text(path), old, new)
        if isinstance(done, editing.Refused):
            return self._no(path, f"{done.why}\n{_UNCHANGED}", done.first, done.last)
        after = encoded(done.text)
        if reason := refusal(path, after, self.tree, self.rules):
            return self._no(path, f"{reason}\n{_UNCHANGED}", done.first, done.last)
        return self._changed(path, done, self.tree.with_file(path, after))

    def _no(self, path: str, text: str, first: int = 0, last: int = 0) -> str:
        self.refused += 1
        self.stopped = "Not run: an edit before it in the same turn was refused."
        self._deed = Deed("", "edit", True, path, first, last)
        return text

    def _changed(self, path: str, done: editing.Edited, tree: Tree) -> str:
        """The edit can be made: see what the tests say, and keep it unless they cannot even be collected any more."""
        checked: Checked | None = None
        if "verify" in self.arms:
            checked = self.checks.standing(tree, self.must_pass)
        uncollected = (
            checked.uncollected
            if checked is not None
            else self.checks.collects(tree)
            if "collect" in self.arms
            else {}
        )
        if uncollected and "collect" in self.arms:
            text = uncollected_text(tree, uncollected)
            return self._no(path, f"{text}\n{_UNCHANGED}", done.first, done.last)
        before = self.standing
        self.tree = tree
        self.edits += 1
        note = (
            f" {done.note[0].upper()}{done.note[1:]}, as it is in the file." if done.note else ""
        )
        lines = f"{done.first}-{done.last}" if done.last > done.first else f"{done.first}"
        text = f"Edited {path}:{lines} (+{done.added} -{done.removed}).{note}"
        if "collect" in self.arms:
            text += " Imports and collection are fine."
        if checked is None:
            self.standing = None
            return text
        self._stand(checked.standing)
        sources = sources_of(tree, checked.standing.failures)
        return f"{text}\n{standing_text(checked.standing, before or self._at_start(), sources)}"

    def _at_start(self) -> Standing:
        return Standing(failing=self.hunt.targets)

    def _stand(self, standing: Standing) -> None:
        self.standing = standing
        now = checkpoint(self.tree.start, self.tree.patch, standing)
        if self.best is None or now.rank < self.best.rank:
            self.best = now

    # ------------------------------------------------------------------------------------------------- running

    def _run_tests(self, given: Mapping[str, object]) -> str:
        wanted = given.get("targets")
        names = [str(each) for each in wanted] if isinstance(wanted, list | tuple) else []
        if not names or names == ["impacted"]:
            checked = self.checks.standing(self.tree, self.must_pass)
            if self.tree.patch:
                self._stand(checked.standing)
        else:
            found, note = named_tests(self.hunt, names, self.tool_s)
            if not found:
                return note
            checked = self.checks.run(self.tree, found)
        text = standing_text(
            checked.standing, None, sources_of(self.tree, checked.standing.failures)
        )
        if checked.uncollected:
            text += "\n" + uncollected_text(self.tree, checked.uncollected)
        return text

    def _bash(self, given: Mapping[str, object]) -> str:
        said = run_shell(self.hunt.seats, self.tree.patch, str(given["command"]), self.tool_s)
        return capped(plain(said))

    def _finish(self, given: Mapping[str, object]) -> str:
        """Take the model's word, but for once when the tests say otherwise."""
        standing = self.standing
        if "verify" in self.arms and not self.warned:
            self.warned = True
            if not self.tree.patch:
                return "Nothing was changed, so the tests still fail. Make an edit, or call finish again to give up."
            if standing is not None and not standing.good:
                return f"{standing_text(standing, None, {})}\nGo on, or call finish again to stop here."
        self.finished = str(given["summary"]).strip().partition("\n")[0][:300]
        self.stopped = "Not run: the work was finished before it."
        return "Finished."

    def settle(self) -> None:
        """See where the last state stands when nothing was run after the last edit; the model is not told."""
        if self.standing is None and self.tree.patch:
            self._stand(self.checks.standing(self.tree, self.must_pass).standing)
