"""Every recorded answer of four real servers, through the client, and what a user would see of it.

``recorded/SERVER.txt`` beside this file holds what is expected, one line an answer, checked by hand. After a change
that is meant to change it: TDAD_WRITE_EXPECTED=1 pytest tests/client/test_replay.py, and read the difference.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tdad.agent.chat import Reply
from tdad.agent.chat.capabilities import Capabilities, Source
from tdad.agent.chat.dialects import MANNERS
from tdad.agent.client import ChatClient
from tdad.agent.servers.probe import connect
from tdad.errors import TdadError
from tests.client.talk import QUICK
from tests.servers.answers import Answer
from tests.servers.dialects import LLAMA_CPP, VLLM
from tests.servers.recordings import DIALECTS, Recording, one, recordings
from tests.servers.scripted import ScriptedServer

EXPECTED = Path(__file__).parent / "recorded"
# What is worn down by waiting is tested elsewhere: here nothing is waited for.
LIMITS = replace(QUICK, unit_s=0.001, gone_s=0.01, loading_s=0.01)


def seen_by_the_user(reply: Reply) -> str:
    """A turn on one line."""
    parts = [str(reply.ending)]
    message = reply.message
    if message is not None:
        parts += [f"{name}={text[:40]!r}" for name, text in _texts(message) if text]
        for call in message.calls:
            arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
            parts.append(f"{call.name}{arguments if not call.problem else ''}")
            parts += [f"! {call.problem}"] if call.problem else []
    usage = reply.usage
    counted = "estimated" if usage.estimated else f"{usage.prompt}+{usage.completion}"
    parts.append(f"[{counted}; {reply.finish or 'no finish'}]")
    parts += [f"<{event.kind}: {event.detail[:60]}>" for event in reply.events]
    return " ".join(parts)


def _texts(message):
    return (("text", message.text), ("thoughts", message.reasoning))


def play(recording: Recording, server: ScriptedServer, answer: list[Answer]) -> str:
    """What comes of ``recording`` when the server gives it again and again."""
    answer[:] = [recording.answer()]
    dialect = DIALECTS[recording.server]
    known = Capabilities(
        server.url,
        dialect,
        model="smollm2-135m",
        models=("smollm2-135m",),
        context=4096 if "overflow" not in recording.name else None,
        context_source=Source.REPORTED,
        stream=recording.streamed,
        reasoning_field=MANNERS[dialect].reasoning_field,
    )
    with ChatClient(known, limits=LIMITS) as client:
        try:
            return seen_by_the_user(client.reply(recording.request()))
        except TdadError as error:
            text = str(error).replace(server.url, "URL")
            return f"{error.exit_code} [{error.slug}] {text}"


@pytest.mark.parametrize("server", DIALECTS)
def test_every_recorded_answer(server):
    answer: list[Answer] = []
    with ScriptedServer(lambda _: answer[0]) as scripted:
        lines = [
            f"{recording.name}: {play(recording, scripted, answer)}"
            for recording in recordings(server)
        ]
    page = EXPECTED / f"{server}.txt"
    text = "\n".join(lines) + "\n"
    if os.environ.get("TDAD_WRITE_EXPECTED"):
        page.write_text(text, encoding="utf-8")
    assert text.splitlines() == page.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("server", "dialect", "expected"),
    [
        ("llama.cpp", LLAMA_CPP, ("llama.cpp", 4096)),
        ("vllm", VLLM, ("vllm", 4096)),
        ("llama-cpp-python", VLLM, ("unknown", None)),
    ],
)
def test_the_recorded_servers_are_recognised(server, dialect, expected):
    pages = {
        each.path: each.answer() for each in recordings(server) if each.fields["method"] == "GET"
    }
    # With a key asked for and without: the later recording of a path is the refusal.
    pages["/v1/models"] = one(server, "01-models").answer()
    with ScriptedServer(dialect=replace(dialect, pages={}), pages=pages) as scripted:
        found = connect(scripted.url)
        assert (str(found.dialect), found.context) == expected
        assert found.model == "smollm2-135m"


def test_a_recorded_server_that_cannot_list_its_models():
    pages = {"/v1/models": one("transformers-serve", "01-models").answer()}
    bare = replace(VLLM, pages={})
    with (
        ScriptedServer(dialect=bare, pages=pages) as scripted,
        pytest.raises(TdadError, match="answers with 500"),
    ):
        connect(scripted.url)


def test_no_recording_is_left_out():
    counts = {server: len(list(recordings(server))) for server in DIALECTS}
    assert counts == {
        "llama.cpp": 100,
        "vllm": 99,
        "llama-cpp-python": 68,
        "transformers-serve": 50,
    }
