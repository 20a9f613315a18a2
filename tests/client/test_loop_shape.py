"""The client in a loop as small as it gets: ``step = execute(query(messages))``, the messages are the whole state."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from tdad.agent.chat import Ending, Message, Request
from tdad.agent.chat.documents import message_document, message_of, reply_document
from tdad.agent.chat.facts import result, user
from tdad.agent.chat.policy import Remedy, after
from tdad.agent.chat.redact import redact_document
from tests.client.talk import READ, Talk
from tests.servers.answers import Says, Seen
from tests.servers.dialects import LLAMA_CPP

ROOT = Path(__file__).parents[2]
FILES = {"a.py": "from b import two\n", "b.py": "two = 3\n"}


def run(it: Talk, steps: int = 10) -> list[str]:
    """Until the model says nothing but words twice, or too many turns were bad."""
    bad, trail = 0, []
    for _ in range(steps):
        reply = it.client.reply(Request(it.messages, (READ,)))
        it.messages = reply.sent + ((reply.message,) if reply.message else ())
        trail.append(str(reply.ending))
        remedy = after(reply.ending, bad)
        if remedy is Remedy.END:
            break
        bad = 0 if remedy is Remedy.RUN else bad + 1
        it.messages += execute(reply.message) if reply.message else ()
        if reply.feedback:
            it.messages += (user(reply.feedback),)
    return trail


def execute(message: Message) -> tuple[Message, ...]:
    return tuple(
        result(call, call.problem or FILES.get(call.arguments["path"], "no such file"))
        for call in message.calls
    )


def model(seen: Seen) -> Says:
    """Reads each file that is named in the last answer it got, then has nothing more to say."""
    answers = [m["content"] for m in seen.json["messages"] if m["role"] == "tool"]
    if not answers:
        return Says(calls=[("read", {"path": "a.py"})])
    if "import" in answers[-1]:
        return Says("", "b is imported.", [("read", '{"path": "b.p')], finish="length")
    if "cut" in answers[-1]:
        return Says(calls=[("READ", {"path": "b.py"})])
    return Says("two should be 2.")


def test_a_loop_and_what_it_leaves(talk):
    it = talk(model, dialect=LLAMA_CPP)
    assert run(it) == ["calls", "cut", "calls", "text", "text", "text"]
    roles = [str(message.role) for message in it.messages]
    assert roles == [
        "system",
        "user",
        *["assistant", "tool"] * 3,
        *["assistant", "user"] * 2,
        "assistant",
    ]
    last = it.server.chats[-1].json["messages"]
    assert [m["role"] for m in last] == roles[:-1]
    assert (
        last[:2] == it.server.chats[0].json["messages"]
    )  # the prefix holds, and with it the server's cache


def test_a_loop_can_go_on_from_what_was_written_down(talk):
    it = talk(model, dialect=LLAMA_CPP)
    run(it, steps=2)
    lines = [json.dumps(message_document(message)) for message in it.messages]
    again = talk(model, dialect=LLAMA_CPP)
    again.messages = tuple(message_of(json.loads(line)) for line in lines)
    assert again.messages == it.messages
    assert run(again, steps=1) == ["calls"]


def test_a_reply_can_be_written_down_without_secrets(talk):
    reply = talk([Says("the key is sk-proj-abcdefghijklmnop1234", "Hm.")]).turn()
    document = redact_document(json.loads(json.dumps(reply_document(reply))), ("Hm.Hm.",))
    assert document["ending"] == Ending.TEXT
    assert document["message"]["text"] == "the key is [redacted]"
    assert "sent" not in document
    assert document["usage"]["estimated"] is False


def test_ctrl_c_ends_a_call_at_once(talk):
    it = talk(lambda _: Says("x " * 4_000), dialect=LLAMA_CPP)
    program = textwrap.dedent(
        f"""
        from tdad.agent.chat import Request
        from tdad.agent.chat.facts import user
        from tdad.agent.client import ChatClient
        from tdad.agent.chat.capabilities import Capabilities

        class Watch:
            def event(self, event): pass
            def received(self, chars): print(chars, flush=True)

        with ChatClient(Capabilities({it.server.url!r}, model="m"), watch=Watch()) as client:
            try:
                client.reply(Request((user("Hello."),)))
            except KeyboardInterrupt:
                print("interrupted", flush=True)
        """
    )
    command = [sys.executable, "-W", "error", "-c", program]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - start < 10
    assert (out.splitlines()[-1], process.returncode, err) == ("interrupted", 0, "")
