"""``--issue``: a test that reproduces what somebody wrote, made by the model, kept apart from the patch."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from tdad.agent.chat import Message, Request, ToolCall, ToolSpec
from tdad.agent.chat.documents import reply_document
from tdad.agent.chat.facts import result, user
from tdad.agent.chat.policy import Remedy, after
from tdad.agent.loop import reading, reproduce
from tdad.agent.loop.conversation import affordable, sampling_of
from tdad.agent.loop.elision import elide
from tdad.agent.loop.standing import failure_text
from tdad.agent.loop.tools import lines_of, reproduce_tools
from tdad.agent.loop.tree import Tree, encoded
from tdad.errors import FixIssueUnreadable, FixNotReproduced
from tdad.graph.tests_of import is_test_file
from tdad.workflows.fix_folder import RunFolder, write_whole
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_model_attempt import Model
from tdad.workflows.fix_model_servers import Server, Servers
from tdad.workflows.fix_model_trail import Trail
from tdad.workflows.fix_model_tree import tree_of
from tdad.workflows.fix_options import FixOptions
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_start import passes
from tdad.workflows.impact import patterns

_NAME = "tdad_issue"
_ISSUE = "issue.txt"


def issue_text(name: str) -> str:
    """The text of the file, ``-`` for standard input.

    Raises:
        FixIssueUnreadable: it cannot be read, or nothing is in it.
    """
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise FixIssueUnreadable(name, error.strerror or str(error)) from error
    text = data.decode("utf-8", "replace").strip()
    if not text:
        raise FixIssueUnreadable(name, "it is empty")
    return text


def kept_reproduction(run: RunFolder) -> Path | None:
    """The test of an earlier process, as a file in the run's folder."""
    found = sorted((run.folder / "reproduction").rglob("*.py"))
    return found[0] if found else None


def kept_issue(run: RunFolder) -> str:
    """The text that an earlier process was given; empty: none."""
    try:
        return (run.folder / _ISSUE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def put_back(ground: Ground, run: RunFolder, file: Path) -> str:
    """Put a kept test into the untouched worktree; return its path there."""
    path = file.relative_to(run.folder / "reproduction").as_posix()
    (ground.root / path).write_bytes(file.read_bytes())
    return path


def take_away(ground: Ground, path: str) -> None:
    """The test is no part of what is handed over."""
    (ground.root / path).unlink(missing_ok=True)


def reproduced(
    ground: Ground,
    options: FixOptions,
    run: RunFolder,
    servers: Servers,
    say: Callable[[str], None],
) -> str:
    """Let the model write the test, and put it into the untouched worktree, where every run finds it.

    Raises:
        FixNotReproduced: no test that fails for the right reason came of it.
        TdadError: no server can be used.
    """
    from tdad.agent.client import ChatClient

    server = servers.for_attempt(0)
    if server is None:
        raise servers.error or FixNotReproduced("no server is left")
    tree = tree_of(ground)
    path = _place(ground, tree)
    say(f"asking {server.known.model} for a test that reproduces the issue ({path})")
    trail = Trail(run.folder, servers.keys())
    seats = Seats(ground, 1, Event(), "issue")
    with ChatClient(
        server.known, api_key=server.key, on_learn=lambda learnt: servers.learnt(server, learnt)
    ) as client:
        work = _Writing(client, server, tree, path, options, seats, trail, say)
        try:
            code = work.run()
        finally:
            url = server.endpoint.base_url
            servers.spent[url] = servers.spent.get(url, 0) + work.tokens
    write_whole(run.folder / _ISSUE, (options.issue or "").encode())
    target = ground.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(encoded(code))
    kept = run.folder / "reproduction" / path
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_whole(kept, encoded(code))
    say(f"reproduced by {kept}")
    return path


def _place(ground: Ground, tree: Tree) -> str:
    """A new test file beside most of the others."""
    found = patterns(ground.project)
    folders = Counter(path.rpartition("/")[0] for path in tree.paths if is_test_file(path, found))
    folder = min(folders, key=lambda each: (-folders[each], each), default="")
    pattern = next((each for each in found.python_files if "*" in each and "/" not in each), "")
    stem = (pattern or "test_*.py").replace("*", _NAME)
    prefix = f"{folder}/" if folder else ""
    number, path = 2, prefix + stem
    while path in set(tree.paths):
        path = prefix + stem.replace(_NAME, f"{_NAME}_{number}")
        number += 1
    return path


@dataclass
class _Writing:
    """The conversation about the test."""

    model: Model
    server: Server
    tree: Tree
    path: str
    options: FixOptions
    seats: Seats
    trail: Trail
    say: Callable[[str], None]
    tokens: int = 0
    tools: tuple[ToolSpec, ...] = field(default_factory=reproduce_tools)
    code: str | None = None
    why: str = "the model wrote none"

    def run(self) -> str:
        """The test file.

        Raises:
            FixNotReproduced: none in so many turns.
        """
        tests = [path for path in self.tree.paths if path.endswith(".py")]
        messages = reproduce.opening(
            self.options.issue or "", self.path, lines_of(self.tools), tests
        )
        thinking = "thinking" in self.options.arms and self.server.endpoint.thinking
        sampling = sampling_of(1, self.options.seed, thinking=thinking)
        bad = 0
        for step in range(min(reproduce.MOST_TURNS, self.options.steps)):
            budget = self.server.endpoint.token_budget
            if budget is not None:
                prompt = self.model.count(messages, self.tools).tokens
                left = affordable(sampling, budget - self.tokens - prompt)
                if left is None:
                    raise FixNotReproduced("the budget of tokens is spent")
                sampling = left
            reply = self.model.reply(Request(messages, self.tools, sampling), shrink=elide)
            self.tokens += reply.spent
            self.trail.add(
                "reproduce",
                step=step,
                base_url=self.server.endpoint.base_url,
                **reply_document(reply),
            )
            messages = reply.sent + ((reply.message,) if reply.message else ())
            remedy = after(reply.ending, bad)
            if remedy is Remedy.END:
                break
            bad = 0 if remedy is Remedy.RUN else bad + 1
            messages += self._answers(reply.message, reply.feedback)
            if self.code is not None:
                return self.code
        raise FixNotReproduced(self.why)

    def _answers(self, message: Message | None, feedback: str) -> tuple[Message, ...]:
        calls = message.calls if message else ()
        if not calls:
            return (user(feedback),) if feedback else ()
        return tuple(result(call, call.problem or self._answer(call)) for call in calls)

    def _answer(self, call: ToolCall) -> str:
        if call.name in {"read", "search"}:
            return reading.looked(self.tree, call.name, call.arguments).text
        text = self._try(str(call.arguments["code"]))
        self.say(f"reproduction: {text.partition(chr(10))[0]}")
        return text

    def _try(self, code: str) -> str:
        """Run the test twice; what is said tells the model what is wrong with it."""
        if problem := reproduce.unusable(code):
            return problem
        patch = {self.path: encoded(code if code.endswith("\n") else code + "\n")}
        run = self.seats.run(patch, [self.path], timeout_s=self.options.tool_s)
        if self.path in run.suite.uncollected or not run.suite.outcomes:
            self.why = "it could not be imported"
            said = failure_text(self.path, run.failures.get(self.path), {})
            return f"The test file cannot be imported or has no test:\n{said}"
        failing = sorted(name for name in run.suite.outcomes if not passes(run, name))
        if not failing:
            self.why = "it passes"
            return "The test passes as the project is, so it does not reproduce the issue."
        for name in failing:
            if fault := reproduce.own_fault(run.failures.get(name)):
                self.why = fault
                return f"{name} fails for a reason of its own: {fault}. Send the whole file again."
        again = self.seats.run(patch, [self.path], timeout_s=self.options.tool_s)
        if any(passes(again, name) for name in failing):
            self.why = "it does not fail every time"
            return (
                "The test fails and then passes when it is run again. Write one that always fails."
            )
        self.code = patch[self.path].decode("utf-8", "surrogateescape")
        said = failure_text(failing[0], run.failures.get(failing[0]), {})
        return f"The test fails, as it should.\n{said}"
