"""The client and the doctor against llama.cpp's real server: protocol is asserted, never what 135M parameters say."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from tdad.agent.chat import Ending, Limits, Request, Sampling
from tdad.agent.chat.capabilities import Dialect, Source, Tools
from tdad.agent.chat.facts import result, system, user
from tdad.agent.client import ChatClient
from tdad.agent.servers.probe import connect
from tdad.errors import ModelTooSlow
from tests.client.talk import READ
from tests.model.conftest import serving

pytestmark = pytest.mark.model

START = (system("Use the tools."), user("Read README.md"))
GREEDY = Sampling(temperature=0.0, seed=1, max_tokens=96)


def test_a_loop_of_two_turns_and_its_tokens(model_url):
    known = connect(model_url)
    assert (known.dialect, known.context, known.tokenizer) == (Dialect.LLAMA_CPP, 8192, True)
    with ChatClient(known) as client:
        first = client.reply(Request(START, (READ,), GREEDY))
        assert first.ending is Ending.CALLS
        assert first.message is not None
        (call,) = first.message.calls
        assert (call.name, sorted(call.arguments)) == ("read", ["path"])
        assert not first.usage.estimated
        assert first.message.reasoning
        counted = client.count(START, (READ,))
        assert counted.exact
        assert counted.by == "llama.cpp /tokenize"
        # The server counts with our own template settings, the endpoint with its defaults.
        assert abs(counted.tokens - first.usage.prompt) <= 12

        messages = (*first.sent, first.message, result(call, "1: A project."))
        second = client.reply(Request(messages, (READ,), GREEDY))
        assert (second.usage.cached or 0) > 100
        assert second.ending in {Ending.TEXT, Ending.CALLS, Ending.CUT, Ending.EMPTY}

        whole = replace(client.capabilities, stream=False)
    with ChatClient(whole) as client:
        again = client.reply(Request(START, (READ,), GREEDY))
    assert again.message is not None
    assert [c.arguments for c in again.message.calls] == [call.arguments]
    assert again.message.reasoning.strip() == first.message.reasoning.strip()


def test_a_cut_call_does_not_poison_the_history(model_url):
    """llama.cpp refuses a history with half a call for ever (llama.cpp#22072); what we send instead it reads."""
    with ChatClient(connect(model_url)) as client:
        cut = client.reply(Request(START, (READ,), replace(GREEDY, max_tokens=28)))
        assert cut.ending is Ending.CUT
        assert cut.message is not None
        assert cut.message.calls
        messages = (*cut.sent, cut.message)  # not even answered
        again = client.reply(Request(messages, (READ,), replace(GREEDY, max_tokens=8)))
        assert again.usage.prompt > cut.usage.prompt
        client.use(Tools.TEXT)
        as_text = client.reply(Request(messages, (READ,), replace(GREEDY, max_tokens=8)))
        assert as_text.usage.prompt > 100


def test_a_deadline_leaves_the_server_free(model_url):
    known = connect(model_url)
    story = Request((user("Write a very long story."),), (), Sampling(max_tokens=4_000, seed=1))
    with ChatClient(known, limits=Limits(call_s=2.0)) as client, pytest.raises(ModelTooSlow):
        client.reply(story)
    start = time.monotonic()
    with ChatClient(known) as client:
        client.reply(Request((user("Hello."),), (), replace(GREEDY, max_tokens=4)))
    assert time.monotonic() - start < 20


def test_an_overflow_is_learnt_from_and_shortened():
    with serving("--context", "512") as url:
        known = replace(connect(url), context=None, context_source=Source.UNKNOWN)
        long = (*START[:1], user("word " * 700))

        def shrink(messages, surplus):
            short = user(messages[1].text[: len(messages[1].text) // 4])
            return (messages[0], short) if len(messages[1].text) > 1_000 else None

        with ChatClient(known) as client:
            reply = client.reply(Request(long, (), replace(GREEDY, max_tokens=8)), shrink=shrink)
            assert client.capabilities.context == 512
            assert client.capabilities.context_source is Source.LEARNT
    assert reply.sent[1].text == "word " * 175
    assert [event.kind for event in reply.events][:2] == ["shrink", "learn"]


def test_the_doctor(model_url, tmp_path):
    command = [sys.executable, "-m", "tdad", "doctor", "--base-url", model_url, "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 4, done.stderr  # 8,192 tokens are not enough
    report = json.loads(done.stdout)
    (server,) = report["servers"]
    checks = {check["name"]: check for check in server["checks"]}
    assert list(checks)[:4] == ["server", "model", "context", "tool call"]
    assert (
        checks["context"]["remedy"]
        == "start it with -c 32768 --parallel 1 (-c is divided by --parallel)"
    )
    assert server["capabilities"]["dialect"] == "llama.cpp"
    assert list(tmp_path.iterdir()) == []
