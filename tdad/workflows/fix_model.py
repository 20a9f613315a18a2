"""The engine that lets a model repair: attempts with fresh conversations, each state measured, the best one kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from tdad.agent.chat import Message, ToolSpec
from tdad.agent.chat.documents import message_document
from tdad.agent.loop.attempts import (
    BUDGET_ENDS,
    AttemptLimits,
    Checkpoint,
    best_of,
    carried,
)
from tdad.agent.loop.conversation import opening, sampling_of
from tdad.agent.loop.gates import Rules
from tdad.agent.loop.records import Kept, PastAttempt, kept_document
from tdad.agent.loop.standing import corrected
from tdad.agent.loop.tools import lines_of, repair_tools
from tdad.agent.loop.tree import Tree
from tdad.agent.prompts import LIMIT, PARTS, Brief, Material
from tdad.answers_fix import Pulse
from tdad.errors import TdadError
from tdad.facts_fix import Arm, AttemptEnd, AttemptFacts, Found, Measured
from tdad.workflows.faults import is_test_code
from tdad.workflows.fix_brief import BriefOptions, material_of, written
from tdad.workflows.fix_folder import RunFolder
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_model_attempt import Attempt
from tdad.workflows.fix_model_checks import Checks
from tdad.workflows.fix_model_desk import Desk
from tdad.workflows.fix_model_servers import Server, Servers
from tdad.workflows.fix_model_trail import Trail
from tdad.workflows.fix_model_tree import tree_of
from tdad.workflows.fix_options import FixOptions
from tdad.workflows.fix_start import Begun
from tdad.workflows.impact import patterns

if (
    TYPE_CHECKING
):  # openai takes most of a second, which a search without a model need not wait for
    from tdad.agent.client import ChatClient


@dataclass
class ModelEngine:
    """State of the engine in one run."""

    hunt: Hunt
    begun: Begun
    options: FixOptions
    run: RunFolder
    servers: Servers
    pulse: Callable[[Pulse], None]
    issue: str = ""
    facts: list[AttemptFacts] = field(default_factory=list)
    bests: list[Checkpoint] = field(default_factory=list)
    brief: Brief | None = None
    """The first prompt of the last attempt."""
    error: TdadError | None = None
    """Why no server could be used any more."""
    _lines: list[str] = field(default_factory=list)
    """About earlier attempts."""
    _tight: TdadError | None = None
    """What an attempt said for which the server's context is too small."""
    _material: Material | None = None
    """What every first prompt is made from."""

    def __post_init__(self) -> None:
        self.trail = Trail(self.run.folder, self.servers.keys())
        self.tree = tree_of(self.hunt.seats.ground)
        self.arms = frozenset(self.options.arms)

    def proposals(self) -> Iterator[Found]:
        """Yield the best patch of each attempt that made one."""
        ended, opened = self._past()
        for each in ended:
            yield from self._again(each)
        number = opened.number if opened else len(ended) + 1
        turn = len(self.facts)
        while turn < self.options.attempts and not self.hunt.seats.stop.is_set():
            server = self.servers.for_attempt(turn)
            if server is None:
                self.error = self.servers.error
                return
            if opened is not None and opened.endpoint != server.endpoint.base_url:
                opened, number = None, number + 1
            yield from self._attempt(number, server, opened)
            opened, number = None, number + 1
            if self.facts[-1].end is not AttemptEnd.SERVER or not self.servers.left:
                turn += 1
        if not self.servers.left:
            self.error = self.servers.error
        elif all(each.end is AttemptEnd.CONTEXT and not each.steps for each in self.facts):
            self.error = self._tight

    def improved(self, best: Checkpoint) -> None:
        """Keep the patch of a state that is the best so far, at once: it survives a kill."""
        if best_of([*self.bests, best]) is best:
            self.run.keep_patch(self.hunt.seats.ground, best.patch)

    def best(self) -> Found | None:
        """The best patch of all attempts, as far as they came."""
        chosen = best_of(self.bests)
        return None if chosen is None else self._found(chosen, "")

    @property
    def out_of_budget(self) -> bool:
        """Some attempt ended because steps, time or tokens were over, and there is no patch."""
        return not self.bests and any(each.end in BUDGET_ENDS for each in self.facts)

    # ------------------------------------------------------------------------------------------------- going on

    def _past(self) -> tuple[tuple[PastAttempt, ...], PastAttempt | None]:
        """(attempts of an earlier process that ended, the one to go on with): also one that a server ended."""
        self.trail.mend()
        past = self.trail.past()
        for url, tokens in past.spent.items():
            self.servers.spent[url] = tokens
        attempts = past.attempts
        if attempts and _goes_on(attempts[-1]):
            return attempts[:-1], attempts[-1]
        return attempts, None

    def _again(self, past: PastAttempt) -> Iterator[Found]:
        """An attempt of an earlier process: its best patch counts, and is proposed if nobody measured it."""
        assert past.facts is not None
        self.facts.append(past.facts)
        best = self._restored(past.best)
        if "carry" in self.arms:
            self._lines.append(carried(past.number, past.facts, best))
        if best is not None:
            self.bests.append(best)
            if not past.verified:
                yield from self._proposed(self._found(best, past.facts.why), past.number)

    def _restored(self, kept: Kept | None) -> Checkpoint | None:
        if kept is None or not kept.patch:
            return None
        return Checkpoint(self.trail.patch(kept.patch), kept.standing, kept.lines)

    def _proposed(self, found: Found, number: int) -> Iterator[Found]:
        """Yield it, and take in what came of it, also when nothing more is asked for."""
        try:
            yield found
        finally:
            self._heard(found, number)

    def _heard(self, found: Found, number: int) -> None:
        """Take in what the final verification said about a patch, for the attempts to come."""
        measured = self._measured(found)
        if measured is None:
            return
        self.trail.add("verified", attempt=number, measured=asdict(measured))
        self.bests = [
            replace(each, standing=corrected(each.standing, measured))
            if each.patch == found.patch
            else each
            for each in self.bests
        ]
        if measured.broken and self._lines:
            self._lines[-1] += f"; in the whole suite it broke {measured.broken[0]}"

    # ------------------------------------------------------------------------------------------------- an attempt

    def _attempt(self, number: int, server: Server, past: PastAttempt | None) -> Iterator[Found]:
        """Work on it once, and propose what came of it, whatever the end is.

        What the final verification finds wrong with a patch that seemed good is told to the model, which goes on.
        """
        from tdad.agent.client import ChatClient

        known = server.known
        self.hunt.say(
            f"attempt {number} of {self.options.attempts}: {known.model} at {known.base_url}"
        )
        with ChatClient(
            known,
            api_key=server.key,
            on_learn=lambda learnt: self.servers.learnt(server, learnt),
        ) as client:
            attempt = self._begun(number, server, client, past)
            goes_on = True
            while goes_on:
                end = self._worked(attempt, server)
                best = attempt.desk.best
                if best is None:
                    break
                found = self._found(best, self.facts[-1].why)
                yield from self._proposed(found, number)
                goes_on = end is AttemptEnd.GREEN and attempt.goes_on(self._measured(found))
        if end is AttemptEnd.CONTEXT:
            self._tight = attempt.error
        if end is AttemptEnd.SERVER:
            self.servers.give_up(server.endpoint, attempt.error)

    def _worked(self, attempt: Attempt, server: Server) -> AttemptEnd:
        """Let the attempt work to an end, and write down what it came to, also when it is interrupted."""
        end = AttemptEnd.INTERRUPTED
        try:
            end = attempt.run()
            if end is not AttemptEnd.INTERRUPTED:
                attempt.desk.settle()
        finally:
            self._ended(attempt, server, end)
        return end

    def _measured(self, found: Found) -> Measured | None:
        """What the final verification said about it; ``None``: it was not asked."""
        verified = self.hunt.verified
        return verified[-1][1] if verified and verified[-1][0] is found else None

    def _begun(
        self, number: int, server: Server, client: ChatClient, past: PastAttempt | None
    ) -> Attempt:
        options, hunt = self.options, self.hunt
        tools = repair_tools(shell=options.shell)
        tree = replace(self.tree, patch=self.trail.patch(past.patch) if past else {})
        desk = self._desk(tree, past)
        first = past.messages[:2] if past else self._opening(client, tools)
        url = server.endpoint.base_url
        sampling = sampling_of(
            number,
            options.seed,
            thinking="thinking" in self.arms and server.endpoint.thinking,
        )
        attempt = Attempt(
            number=number,
            model=client,
            desk=desk,
            first=first,
            tools=tools,
            sampling=sampling,
            limits=AttemptLimits(
                options.steps, options.time_s, options.tool_s, server.endpoint.token_budget
            ),
            trail=self.trail,
            say=hunt.say,
            pulse=self.pulse,
            improved=self.improved,
            context=server.context,
            spent_before=self.servers.spent.get(url, 0) - (past.tokens if past else 0),
            messages=past.messages if past else (),
            step=past.step if past else 0,
            tokens=past.tokens if past else 0,
            prompt_tokens=past.prompt_tokens if past else 0,
            completion_tokens=past.completion_tokens if past else 0,
            elapsed_before_s=past.elapsed_s if past else 0.0,
        )
        if past is None:
            self._record(attempt, server)
        else:
            hunt.say(f"going on with attempt {number} after step {past.step}")
        return attempt

    def _desk(self, tree: Tree, past: PastAttempt | None) -> Desk:
        found = patterns(self.hunt.seats.ground.project)
        rules = Rules(
            is_test=lambda path: is_test_code(path, found),
            allow_tests=self.options.allow_tests,
            static="gates" in self.arms,
        )
        checks = Checks(self.hunt, self.options.tool_s)
        desk = Desk(self.hunt, tree, checks, rules, self.arms, self.options.tool_s)
        if past is not None:
            desk.standing, desk.best = past.standing, self._restored(past.best)
            desk.edits, desk.refused = past.edits, past.refused
        return desk

    def _opening(self, client: ChatClient, tools: tuple[ToolSpec, ...]) -> tuple[Message, ...]:
        """System and first user message, counted by the server where it counts."""
        options = self.options

        def count(system: str, user: str) -> int | None:
            counted = client.count(opening(system, user), ())
            return counted.tokens if counted.exact else None

        wanted = BriefOptions(
            targets=self.hunt.targets,
            parts=_parts(self.arms),
            tools=lines_of(tools),
            steps=options.steps,
            minutes=max(1, round(options.time_s / 60)),
            issue=self.issue,
            earlier=tuple(self._lines[-5:]),
            limit=min(LIMIT, (client.capabilities.context or options.wanted.context) // 3),
            count=count,
        )
        if self._material is None:
            ground, suspicion = self.hunt.seats.ground, self.hunt.suspicion
            self._material = material_of(ground, self.begun, suspicion, wanted)
        self.brief = written(self._material, wanted)
        return opening(self.brief.system, self.brief.user)

    def _record(self, attempt: Attempt, server: Server) -> None:
        self.trail.add(
            "attempt",
            attempt=attempt.number,
            base_url=server.endpoint.base_url,
            model=server.known.model,
            arms=sorted(self.arms),
            seed=attempt.sampling.seed,
            sampling=asdict(attempt.sampling),
            limits=asdict(attempt.limits),
            tools=[tool.name for tool in attempt.tools],
            prompt_tokens=self.brief.tokens if self.brief else 0,
            counted_by=self.brief.counted_by if self.brief else "",
            messages=[message_document(each) for each in attempt.first],
        )

    def _ended(self, attempt: Attempt, server: Server, end: AttemptEnd) -> None:
        """Write down what the attempt came to; its best state survives every end."""
        desk, best = attempt.desk, attempt.desk.best
        url = server.endpoint.base_url
        self.servers.spent[url] = attempt.spent_before + attempt.tokens
        facts = AttemptFacts(
            number=attempt.number,
            model=server.known.model,
            base_url=url,
            end=end,
            steps=attempt.step,
            edits=desk.edits,
            refused=desk.refused,
            tokens=attempt.tokens,
            prompt_tokens=attempt.prompt_tokens,
            completion_tokens=attempt.completion_tokens,
            seconds=round(attempt.elapsed_s, 3),
            seed=attempt.sampling.seed or 0,
            temperature=attempt.sampling.temperature,
            passing=len(best.standing.passing) if best else 0,
            broken=len(best.standing.broken) if best else 0,
            lines=best.lines if best else 0,
            why=str(attempt.error) if attempt.error else desk.finished or "",
        )
        if self.facts and self.facts[-1].number == attempt.number:
            self.facts.pop()  # it went on after a verification
            self._lines[-1:] = []
        self.facts.append(facts)
        kept = None
        if best is not None:
            self.bests.append(best)
            name = replace(desk.tree, patch=best.patch).digest
            kept = Kept(self.trail.keep(name, best.patch), best.standing, best.lines)
        if "carry" in self.arms:
            self._lines.append(carried(attempt.number, facts, best))
        self.servers.record(self.run)
        if end is not AttemptEnd.INTERRUPTED:
            self.trail.add(
                "end", attempt=attempt.number, facts=asdict(facts), best=kept_document(kept)
            )
        steps = f"{attempt.step} step{'s'[: attempt.step != 1]}"
        self.hunt.say(
            f"attempt {attempt.number} ended ({end}): {steps}, {attempt.tokens:,} tokens,"
            f" {facts.passing} of {len(self.hunt.targets)} failing tests pass, {facts.broken} broken"
        )

    def _found(self, best: Checkpoint, why: str) -> Found:
        files = ", ".join(sorted(best.patch))
        return Found(
            best.patch,
            Arm.MODEL,
            why or f"edits {files} ({best.lines} lines)",
            len(best.standing.passing),
            len(best.standing.broken),
        )


def _goes_on(past: PastAttempt) -> bool:
    """Tell whether the attempt did not come to an end of its own."""
    return past.facts is None or past.facts.end is AttemptEnd.SERVER


def _parts(arms: frozenset[str]) -> frozenset[str]:
    """The parts of the first prompt that are switched on."""
    parts = {"failures", "advice", "budget"}
    if "map" in arms:
        parts.add("map")
    if "suspects" in arms:
        parts |= {"suspects", "source"}
    if "verify" in arms:
        parts.add("checks")
    return frozenset(parts & set(PARTS))
