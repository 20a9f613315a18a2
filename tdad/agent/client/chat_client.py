"""The client: a :class:`~tdad.agent.chat.model.ChatModel` over HTTP that does what :mod:`policy` says.

A turn is pure until its calls are run, so a request may be sent again whatever happened to it. What a server turns
out not to know is remembered in its :class:`Capabilities`, which the run records.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Self

from tdad.agent.chat import adapt, policy, tokens, turn, wire
from tdad.agent.chat.assemble import RawReply
from tdad.agent.chat.capabilities import Capabilities, Dialect, Source, Tools
from tdad.agent.chat.facts import (
    Ending,
    Event,
    Limits,
    Message,
    Reply,
    Request,
    TokenCount,
    ToolSpec,
    Usage,
)
from tdad.agent.chat.model import Shrink, Watch
from tdad.agent.chat.policy import Action, Decision
from tdad.agent.chat.redact import redact
from tdad.agent.chat.trouble import Kind, Trouble
from tdad.agent.client.attempts import Attempts
from tdad.agent.client.endings import error_for, exhausted
from tdad.agent.client.guard import Guard
from tdad.agent.client.scale import Scale
from tdad.agent.client.transport import Failed, Transport
from tdad.agent.servers.probe import is_up, reported_context
from tdad.agent.servers.tokenizer import count_tokens
from tdad.config import is_local

MARGIN = 64
"""Tokens of a prompt that neither we nor the server's counter see."""
SHRUNK_ANSWER = 2_048
"""Tokens for an answer when the conversation did not fit."""


class ChatClient:
    """A model on an OpenAI-compatible server. Close it, or use it in a ``with``."""

    def __init__(
        self,
        capabilities: Capabilities,
        *,
        api_key: str = "",
        limits: Limits | None = None,
        watch: Watch | None = None,
        on_learn: Callable[[Capabilities], None] | None = None,
    ) -> None:
        self.capabilities = capabilities
        self._key = api_key
        self._limits = limits = limits or Limits()
        self._idle_s = limits.idle_s
        self._watch = watch
        self._on_learn = on_learn
        self._answered = False
        self._scale = Scale()
        local = is_local(capabilities.base_url)
        self._transport = Transport(capabilities.base_url, api_key, limits, local=local)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def use(self, tools: Tools) -> None:
        """Let calls travel in another way from here on."""
        self._learn("", tools=tools)

    def patience(self, call_s: float) -> None:
        """From now on no answer may take longer than ``call_s``, and no silence longer than that."""
        self._limits = replace(self._limits, call_s=call_s, idle_s=min(self._idle_s, call_s))
        self._transport.limit(self._limits)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def reply(self, request: Request, *, shrink: Shrink | None = None) -> Reply:
        """The next message; see :class:`~tdad.agent.chat.model.ChatModel`."""
        attempts = Attempts(request, shrink, request.sampling.max_tokens)
        return self._transport.run(self._reply(attempts))

    def count(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> TokenCount:
        """Tokens of a conversation: the server's count where it has a counter, else an estimate on the high side."""
        request = Request(tuple(messages), tuple(tools))
        known = self.capabilities
        if known.tokenizer:
            counted = count_tokens(known, self._key, *wire.parts(request, known))
            if counted is not None:
                return TokenCount(counted, exact=True, by=f"{known.dialect} /tokenize")
            self._learn("the server does not count tokens", tokenizer=False)
        return TokenCount(self._scale.estimate(request, known), exact=False, by="estimate")

    async def _reply(self, attempts: Attempts) -> Reply:
        while True:
            try:
                self._make_room(attempts)
                raw = await self._send(attempts)
                made = self._turn(raw, attempts)
            except Failed as failed:
                given_up = await self._react(self._without_secrets(failed.trouble), attempts)
                if given_up is not None:
                    return given_up
                continue
            if not self._answered:
                self._answered = True
                self._ask_for_context()
            return made

    async def _send(self, attempts: Attempts) -> RawReply:
        fields = wire.encode(attempts.request, self.capabilities, attempts.max_tokens)
        if attempts.plain or not self.capabilities.stream:
            raw = await self._transport.plain(fields)
            attempts.first_token_s = None
            if attempts.times[Kind.BROKEN_STREAM] and self.capabilities.stream:
                self._learn("streams of this server break", attempts, stream=False)
            return raw
        if "stream_options" not in self.capabilities.dropped:
            fields["stream_options"] = {"include_usage": True}
        guard = Guard(self._limits, self._watch)
        try:
            raw, attempts.first_token_s = await self._transport.stream(fields, guard)
        finally:
            attempts.received = guard.received
        if not turn.is_whole(raw):
            raise Failed(Trouble(Kind.BROKEN_STREAM, "a call that is not complete"))
        return raw

    def _turn(self, raw: RawReply, attempts: Attempts) -> Reply:
        """The reply that ``raw`` is.

        Raises:
            Failed: it is empty, and was not yet asked for again.
            PromptTruncated: the server did not read the whole prompt.
        """
        if raw.reasoning_field and raw.reasoning_field != self.capabilities.reasoning_field:
            self._learn("", attempts, reasoning_field=raw.reasoning_field)
        request = attempts.request
        usage = self._scale.usage(raw, request, self.capabilities)
        made = turn.turn_of(raw, request, attempts.max_tokens)
        if made.ending is Ending.EMPTY and not attempts.times[Kind.EMPTY]:
            attempts.spent += usage.total
            raise Failed(Trouble(Kind.EMPTY, "a turn with neither words nor calls"))
        for event in made.events:
            self._note(event, attempts)
        # An empty turn and a turn of thoughts alone are better not shown to the model as its own.
        message = None if made.ending is Ending.EMPTY else made.message
        return attempts.closed(message, made.ending, made.feedback, usage, raw.finish)

    def _make_room(self, attempts: Attempts) -> None:
        """Fit the answer, then the conversation, into the context that we know of."""
        context = self.capabilities.context
        if context is None:
            return
        prompt = self._scale.estimate(attempts.request, self.capabilities) + MARGIN
        if context - prompt < self._limits.least_answer:
            # Our estimate is on the high side: the server's own count decides, where it has one.
            prompt = self.count(attempts.request.messages, attempts.request.tools).tokens + MARGIN
        room = context - prompt
        if room < self._limits.least_answer:
            surplus = prompt + min(SHRUNK_ANSWER, context // 4) - context
            if self._shrunk(attempts, surplus):
                self._make_room(attempts)
                return
            room = self._limits.least_answer
        attempts.max_tokens = min(attempts.max_tokens, room)

    async def _react(self, trouble: Trouble, attempts: Attempts) -> Reply | None:
        """Prepare the next attempt, or give the turn back to the loop.

        Raises:
            ServerUnusable, ContextExhausted, ModelTooSlow: there is no next attempt.
        """
        before = attempts.times[trouble.kind]
        attempts.times[trouble.kind] += 1
        if trouble.model_said and (read := self._read_anyway(trouble, attempts)):
            return read
        decision = policy.decide(trouble, before, self._limits, answered=self._answered)
        if trouble.kind in _GENERATED and decision.action is not Action.YIELD:
            attempts.spent += self._lost(attempts).total
        self._note(Event(_EVENTS[decision.action], f"{trouble.kind}: {trouble.text}"), attempts)
        if decision.action is Action.YIELD:
            return self._given_up(trouble, attempts)
        if decision.action is Action.STOP:
            raise error_for(trouble, self.capabilities)
        await self._prepare(decision, trouble, attempts)
        return None

    async def _prepare(self, decision: Decision, trouble: Trouble, attempts: Attempts) -> None:
        """Do what has to be done before the next attempt."""
        match decision.action:
            case Action.PAUSE:
                # Some randomness, so that two runs against one server do not stay in step.
                await asyncio.sleep(decision.pause_s * random.uniform(1.0, 1.2))  # noqa: S311 - no secret
            case Action.AWAIT:
                await self._wait_for_server(trouble)
            case Action.WARMER:
                attempts.warm()
            case Action.PLAIN:
                attempts.plain = True
            case Action.ADAPT:
                self._adapt(trouble, attempts)
            case Action.SHRINK:
                self._fit(trouble, attempts)
                attempts.forgive_the_stream()
            case Action.AGAIN:
                attempts.reseed()
            case Action.CALM:
                attempts.calm(self.capabilities.dialect)
            case _:
                pass

    def _without_secrets(self, trouble: Trouble) -> Trouble:
        """Some servers repeat the key that they refuse."""
        return replace(trouble, text=redact(trouble.text, (self._key,)))

    def _adapt(self, trouble: Trouble, attempts: Attempts) -> None:
        fields = wire.encode(attempts.request, self.capabilities, attempts.max_tokens)
        changed = adapt.without(self.capabilities, trouble.text, fields)
        if changed is None:
            raise error_for(trouble, self.capabilities)
        self._learn(changed.why, attempts, dropped=changed.dropped, tools=changed.tools)

    def _fit(self, trouble: Trouble, attempts: Attempts) -> None:
        """Less room for the answer first, then a shorter conversation (a named lower bound is not computed with)."""
        if trouble.context and trouble.context != self.capabilities.context:
            self._learn(
                f"context {trouble.context:,} tokens",
                attempts,
                context=trouble.context,
                context_source=Source.LEARNT,
            )
        lowered = attempts.max_tokens > SHRUNK_ANSWER
        attempts.max_tokens = min(attempts.max_tokens, SHRUNK_ANSWER)
        only_answer = lowered and attempts.times[trouble.kind] == 1
        surplus = self._surplus(attempts)
        if not self._shrunk(attempts, surplus) and not only_answer:
            if trouble.kind is not Kind.OVERFLOW:
                return
            raise exhausted(self.capabilities)

    def _surplus(self, attempts: Attempts) -> int:
        """Tokens to leave out: what is over the context as far as we know it, and at least a quarter of all."""
        prompt = self._scale.estimate(attempts.request, self.capabilities)
        context = self.capabilities.context or prompt
        return max(prompt + attempts.max_tokens - context, prompt // 4)

    async def _wait_for_server(self, trouble: Trouble) -> None:
        """Pause, until the server listens and has loaded its model, but not for ever."""
        limits = self._limits
        patience = limits.loading_s if trouble.kind is Kind.LOADING else limits.gone_s
        waited = 0.0
        pause = limits.unit_s
        while waited < patience:
            await asyncio.sleep(pause)
            waited += pause
            if is_up(self.capabilities.base_url, self._key):
                return
            pause = min(pause * 2, limits.unit_s * 8)
        raise error_for(trouble, self.capabilities)

    def _read_anyway(self, trouble: Trouble, attempts: Attempts) -> Reply | None:
        """The turn in what the server could not read, if there is a whole call in it that may run."""
        request = attempts.request
        raw = RawReply(text=trouble.model_said)
        made = turn.turn_of(raw, request, attempts.max_tokens)
        if made.ending is not Ending.CALLS:
            return None
        self._note(Event("salvage", "a call that the server could not read"), attempts)
        message = replace(made.message, text="")  # what is left is the server's complaint
        usage = self._scale.usage(raw, request, self.capabilities)
        return attempts.closed(message, made.ending, "", usage)

    def _given_up(self, trouble: Trouble, attempts: Attempts) -> Reply:
        runaway = trouble.kind is Kind.RUNAWAY
        ending = Ending.RUNAWAY if runaway else Ending.UNPARSED
        feedback = turn.RUNAWAY if runaway else turn.UNPARSED.format(why=trouble.text[:200])
        return attempts.closed(None, ending, feedback, self._lost(attempts))

    def _lost(self, attempts: Attempts) -> Usage:
        """What an attempt cost that came to nothing, as far as we can tell."""
        prompt = self._scale.estimate(attempts.request, self.capabilities)
        return Usage(prompt, tokens.of_chars(attempts.received), estimated=True)

    def _ask_for_context(self) -> None:
        """Some servers know how much context a model has once it is loaded, which the first answer sees to."""
        known = self.capabilities
        if known.context is None and known.dialect in {Dialect.OLLAMA, Dialect.LM_STUDIO}:
            context = reported_context(known, self._key)
            if context is not None:
                self._learn("", context=context, context_source=Source.REPORTED)

    def _shrunk(self, attempts: Attempts, surplus: int) -> bool:
        """Ask the loop for a shorter conversation; tell whether there is one."""
        left_out = attempts.shorten(surplus)
        if left_out:
            self._note(Event("shrink", f"{left_out:,} characters left out"), attempts)
        return bool(left_out)

    def _learn(self, what: str, attempts: Attempts | None = None, **changes: object) -> None:
        self.capabilities = replace(self.capabilities, **changes)  # type: ignore[arg-type] # names of its fields
        if what and attempts is not None:
            self._note(Event("learn", what), attempts)
        if self._on_learn:
            self._on_learn(self.capabilities)

    def _note(self, event: Event, attempts: Attempts) -> None:
        attempts.events.append(event)
        if self._watch:
            self._watch.event(event)


_GENERATED = {Kind.PARSE, Kind.RUNAWAY, Kind.BROKEN_STREAM, Kind.IDLE, Kind.DROPPED}
"""Trouble that comes after the model worked."""
_EVENTS = {
    Action.AGAIN: "retry",
    Action.PAUSE: "retry",
    Action.WARMER: "retry",
    Action.PLAIN: "retry",
    Action.CALM: "retry",
    Action.AWAIT: "wait",
    Action.ADAPT: "adapt",
    Action.SHRINK: "shrink",
    Action.YIELD: "abort",
    Action.STOP: "abort",
}
