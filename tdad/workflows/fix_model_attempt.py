"""One attempt: ask the model, run its calls, answer them, until one of its ends. The messages are the whole state."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from tdad.agent.chat import Ending, Message, Reply, Request, Role, Sampling, ToolCall, ToolSpec
from tdad.agent.chat.documents import reply_document
from tdad.agent.chat.facts import result, user
from tdad.agent.chat.model import ChatModel
from tdad.agent.chat.policy import Remedy, after
from tdad.agent.chat.tokens import of_text
from tdad.agent.loop.attempts import AttemptLimits, Checkpoint
from tdad.agent.loop.conversation import DRIFTS, ROLLOVERS, affordable, afresh, budget_line
from tdad.agent.loop.elision import elide, too_full
from tdad.agent.loop.records import Kept, kept_document, standing_document, step_document
from tdad.agent.loop.repetition import no_edit_nudge
from tdad.agent.loop.standing import corrected, standing_text, verdict_text
from tdad.agent.search.patch_text import patch_text
from tdad.answers_fix import Pulse
from tdad.errors import ContextExhausted, ModelTooSlow, TdadError
from tdad.facts_fix import AttemptEnd, Measured
from tdad.workflows.fix_model_desk import Desk
from tdad.workflows.fix_model_trail import Trail

_LEAST_STEPS, _LEAST_S = 3, 30.0
"""So much must be left to go on after a patch was verified."""


class Model(ChatModel, Protocol):
    """A model whose patience can be set."""

    def patience(self, call_s: float) -> None:
        """From now on no answer may take longer."""


@dataclass
class Attempt:
    """State of one attempt."""

    number: int
    model: Model
    desk: Desk
    first: tuple[Message, ...]
    """How the conversation begins."""
    tools: tuple[ToolSpec, ...]
    sampling: Sampling
    limits: AttemptLimits
    trail: Trail
    say: Callable[[str], None]
    pulse: Callable[[Pulse], None]
    improved: Callable[[Checkpoint], None]
    """Told of each state that is the attempt's best so far."""
    context: int | None
    call_s: float = 300.0
    spent_before: int = 0
    """Tokens of the endpoint in this run, before this attempt."""
    messages: tuple[Message, ...] = ()
    step: int = 0
    tokens: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    elapsed_before_s: float = 0.0
    error: TdadError | None = None
    _told: Checkpoint | None = None
    _recorded: tuple[Message, ...] = ()
    _bad: int = 0
    _drifts: int = 0
    _rollovers: int = 0
    _used: int = 0
    """Tokens of the conversation, as far as they are known."""
    _began: float = field(default_factory=time.monotonic)
    _ended_at: float = 0.0

    def __post_init__(self) -> None:
        self.messages = self._recorded = self.messages or self.first

    @property
    def elapsed_s(self) -> float:
        """Seconds of this attempt, those of an earlier process included."""
        return self.elapsed_before_s + time.monotonic() - self._began

    @property
    def _left_s(self) -> float:
        return self.limits.time_s - self.elapsed_s

    def run(self) -> AttemptEnd:
        """Work until an end."""
        end: AttemptEnd | None = None
        while end is None:
            end = self._over() or self._turn()
        self._ended_at = time.monotonic()
        return end

    def goes_on(self, measured: Measured | None) -> bool:
        """Tell the model what the final verification found wrong; whether it can go on working on that."""
        last = self.messages[-1]
        steps = self.limits.steps - self.step
        if measured is None or measured.good or last.role is not Role.TOOL:
            return False
        if steps < _LEAST_STEPS or self._left_s < _LEAST_S:
            return False
        self.messages = (
            *self.messages[:-1],
            replace(last, text=f"{last.text}\n{verdict_text(measured)}"),
        )
        desk = self.desk
        if desk.standing is not None and desk.best is not None:
            desk.standing = corrected(desk.standing, measured)
            desk.best = replace(desk.best, standing=desk.standing)
        desk.must_pass = tuple(dict.fromkeys([*desk.must_pass, *measured.broken]))
        self._began = time.monotonic() - (self._ended_at - self._began)
        return True

    def _over(self) -> AttemptEnd | None:
        if self.desk.hunt.seats.stop.is_set():
            return AttemptEnd.INTERRUPTED
        if self.step >= self.limits.steps:
            return AttemptEnd.STEPS
        return AttemptEnd.TIME if self._left_s <= 1.0 else None

    def _turn(self) -> AttemptEnd | None:
        """One step: a reply, its calls, their answers."""
        self._make_room()
        sampling = self._affordable()
        if sampling is None:
            return AttemptEnd.TOKENS
        self._pulse("thinking")
        self.model.patience(max(1.0, min(self.call_s, self._left_s)))
        try:
            reply = self.model.reply(
                Request(self.messages, self.tools, sampling), shrink=self._shrink
            )
        except ContextExhausted as error:
            end = self._anew()
            return end and self._failed(end, error)
        except ModelTooSlow as error:
            late = self._left_s <= 1.0
            return AttemptEnd.TIME if late else self._failed(AttemptEnd.SERVER, error)
        except TdadError as error:
            return self._failed(AttemptEnd.SERVER, error)
        self._count(reply)
        return self._take(reply)

    def _failed(self, end: AttemptEnd, error: TdadError) -> AttemptEnd:
        self.error = error
        return end

    def _count(self, reply: Reply) -> None:
        self.step += 1
        self.tokens += reply.spent
        self.prompt_tokens += reply.usage.prompt
        self.completion_tokens += reply.usage.completion
        self._used = reply.usage.prompt + reply.usage.completion
        self.messages = reply.sent + ((reply.message,) if reply.message else ())
        self.trail.add("reply", attempt=self.number, step=self.step, **reply_document(reply))

    def _take(self, reply: Reply) -> AttemptEnd | None:
        """Do what the turn calls for."""
        self.desk.turn()
        remedy = after(reply.ending, self._bad)
        self._bad = 0 if remedy is Remedy.RUN else self._bad + 1
        end = AttemptEnd.FORMAT if remedy is Remedy.END else None
        if reply.message is not None and reply.message.calls:
            end = self._answer(reply.message.calls) or end
        elif reply.feedback:
            self.messages += (user(reply.feedback),)
            self._tell(f"{reply.ending}: told to call a tool")
        if reply.ending is Ending.MALFORMED and reply.feedback:
            self._drifts += 1
            if self._drifts >= DRIFTS and end is None:
                self._anew()
        self._write()
        return end

    def _answer(self, calls: Sequence[ToolCall]) -> AttemptEnd | None:
        """Answer every call, in order."""
        end: AttemptEnd | None = None
        answers = []
        for call in calls:
            self._pulse(_doing(call))
            text = call.problem or self.desk.answer(call)
            answers.append(result(call, text))
            self._tell(f"{_doing(call)} · {_first(text)}")
            if self.desk.circle.end:
                end = AttemptEnd.CIRCLES
        if self.desk.finished is not None:
            end = AttemptEnd.FINISHED
        standing = self.desk.standing
        if "verify" in self.desk.arms and self.desk.tree.patch and standing and standing.good:
            end = AttemptEnd.GREEN
        if answers:
            last = answers[-1]
            answers[-1] = replace(last, text="\n".join([last.text, *self._footer()]))
        self.messages += tuple(answers)
        self._used += sum(of_text(message.text) for message in answers)
        return end

    def _footer(self) -> list[str]:
        """What stands below the last answer of a turn."""
        nudge = ""
        if "nudges" in self.desk.arms:
            edited = bool(self.desk.edits)
            nudge = no_edit_nudge(self.step, self.limits.steps, edited=edited)
        line = budget_line(self.step, self.limits.steps, self._left_s)
        return [*([nudge] if nudge else []), line]

    # ------------------------------------------------------------------------------------------------- room

    def _make_room(self) -> None:
        """Leave out old observations when the conversation fills most of the context."""
        surplus = too_full(self._used, self.context) if "elision" in self.desk.arms else 0
        if surplus and (shorter := elide(self.messages, surplus, self._edited())):
            before = sum(len(message.text) for message in self.messages)
            self.messages = shorter
            self._used -= (before - sum(len(message.text) for message in shorter)) // 3

    def _shrink(self, messages: Sequence[Message], surplus: int) -> Sequence[Message] | None:
        """What the client asks for when the server says that the conversation is too long."""
        return elide(messages, surplus, self._edited())

    def _edited(self) -> frozenset[str]:
        return frozenset(self.desk.tree.patch)

    def _anew(self) -> AttemptEnd | None:
        """Begin the conversation anew; it cannot be done without end."""
        if self._rollovers >= ROLLOVERS or (not self.desk.tree.patch and self.step == 0):
            return AttemptEnd.CONTEXT
        self._rollovers += 1
        self._drifts = self._bad = 0
        tree, standing = self.desk.tree, self.desk.standing
        before = {path: tree.start(path) for path in tree.patch}
        diff = patch_text(before, tree.patch).decode("utf-8", "replace")
        tests = standing_text(standing, None, {}) if standing is not None else ""
        self.messages = afresh(self.first, diff, tests, self.step, self.limits.steps)
        self._used = 0
        self._tell("the conversation is begun anew")
        return None

    def _affordable(self) -> Sampling | None:
        """The sampling with as many tokens as the budget leaves; ``None``: not enough for another turn."""
        if self.limits.tokens is None:
            return self.sampling
        prompt = self.model.count(self.messages, self.tools).tokens
        left = self.limits.tokens - self.spent_before - self.tokens - prompt
        return affordable(self.sampling, left)

    # ------------------------------------------------------------------------------------------------- telling

    def _write(self) -> None:
        desk = self.desk
        best = None
        if desk.best is not None:
            name = replace(desk.tree, patch=desk.best.patch).digest
            if desk.best is not self._told:
                self.improved(desk.best)
                self._told = desk.best
            best = Kept(
                self.trail.keep(name, desk.best.patch), desk.best.standing, desk.best.lines
            )
        self.trail.add(
            "step",
            attempt=self.number,
            step=self.step,
            **step_document(
                self.messages,
                self._recorded,
                patch=self.trail.keep(desk.tree.digest, desk.tree.patch),
                standing=standing_document(desk.standing),
                best=kept_document(best),
                elapsed_s=round(self.elapsed_s, 3),
                edits=desk.edits,
                refused=desk.refused,
            ),
        )
        self._recorded = self.messages

    def _pulse(self, doing: str) -> None:
        self.pulse(
            Pulse(self.number, self.step, self.limits.steps, doing, self.tokens, self.elapsed_s)
        )

    def _tell(self, what: str) -> None:
        self.say(f"attempt {self.number}, step {self.step} of {self.limits.steps}: {what}")


def _doing(call: ToolCall) -> str:
    """A call in a few words."""
    for name in ("path", "pattern", "targets", "what", "command"):
        value = call.arguments.get(name)
        if value:
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            return f"{call.name} {text.partition(chr(10))[0][:60]}"
    return call.name


def _first(text: str) -> str:
    """The first line or two of an answer, for people."""
    lines = [line for line in text.splitlines() if line.strip()]
    return " ".join(lines[: 2 if lines and lines[0].startswith("Edited") else 1])[:160]
