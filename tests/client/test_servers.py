"""Finding servers, recognising them, and asking what they can do."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace

import pytest

from tdad.agent.chat import Request
from tdad.agent.chat.capabilities import (
    Capabilities,
    Dialect,
    Source,
    Tools,
    document_of,
    from_document,
)
from tdad.agent.chat.facts import user
from tdad.agent.client import ChatClient
from tdad.agent.servers.probe import connect, find, find_one, reported_context
from tdad.errors import (
    BaseUrlWrong,
    ModelNotServed,
    ServerNotFound,
    ServerRefusesKey,
    ServerUnreachable,
)
from tests.client.talk import QUICK, TOOLS
from tests.servers.answers import Body, Says
from tests.servers.dialects import ALL, LLAMA_CPP, LM_STUDIO, MODEL, OLLAMA, SGLANG, VLLM
from tests.servers.scripted import ScriptedServer

CONTEXT = {
    "vllm": 32768,
    "sglang": 40960,
    "llama.cpp": 32768,
    "ollama": 32768,
    "lmstudio": 32768,
    "mlx": None,
}
VERSION = {
    "vllm": "0.19.1",
    "sglang": "0.5.10",
    "llama.cpp": "b11549-0123abc",
    "ollama": "0.32.15",
}


@pytest.mark.parametrize("dialect", ALL, ids=lambda each: each.name)
def test_each_server_is_recognised(dialect):
    with ScriptedServer(dialect=dialect) as server:
        found = connect(server.url)
    assert found.dialect == dialect.name
    assert found.context == CONTEXT[dialect.name]
    assert found.version == VERSION.get(dialect.name, "")
    assert (found.model, found.models) == (MODEL, (MODEL,))
    assert found.context_source is (Source.REPORTED if found.context else Source.UNKNOWN)
    assert from_document(document_of(found)) == found
    assert all(seen.method == "GET" for seen in server.seen)


def test_a_server_that_nobody_knows_is_used_all_the_same():
    pages = {"/v1/models": {"data": [{"id": "m", "context_length": 65536}]}}
    with ScriptedServer([Says("Hi")], dialect=replace(VLLM, pages=pages, server="x")) as server:
        found = connect(server.url)
        assert (found.dialect, found.context) == (Dialect.UNKNOWN, 65_536)
        with ChatClient(found, limits=QUICK) as client:
            reply = client.reply(Request((user("Hello."),)))
        assert (reply.message or user("")).text == "Hi"
        assert not {"top_k", "min_p", "chat_template_kwargs"} & set(server.chats[0].json)


def test_servers_are_found_at_their_ports():
    with ScriptedServer(dialect=SGLANG) as first, ScriptedServer(dialect=OLLAMA) as second:
        nothing = _closed_port()
        ports = (nothing, second.port, first.port)
        assert find(ports) == (second.url, first.url)
        assert find_one(ports) == second.url
    with pytest.raises(ServerNotFound, match=f"127.0.0.1:{nothing}") as caught:
        find_one((nothing,))
    assert caught.value.exit_code == 4


def test_what_else_may_be_at_those_ports():
    page = Body("<html>It works!</html>", headers={"Content-Type": "text/html"})
    pages = {"/v1/models": page}
    with ScriptedServer(dialect=replace(VLLM, pages=pages)) as web, _silent() as port:
        assert find((web.port, port)) == ()
        with pytest.raises(BaseUrlWrong, match="no OpenAI-compatible endpoint"):
            connect(web.url)


def test_one_that_wants_a_key_is_found_and_says_so():
    with ScriptedServer([Says("Hi")], key="sesame") as server:
        assert find((server.port,)) == (server.url,)
        with pytest.raises(ServerRefusesKey, match="export TDAD_API_KEY"):
            connect(server.url)
        server.seen.clear()
        assert connect(server.url, key="sesame").context == 32768
        assert {seen.headers.get("Authorization") for seen in server.seen} == {"Bearer sesame"}


def test_34_a_url_without_v1():
    with ScriptedServer() as server:
        url = server.url.removesuffix("/v1")
        with pytest.raises(BaseUrlWrong, match=rf"Type: tdad doctor --base-url {url}/v1"):
            connect(url + "/")


def test_34_a_model_that_is_almost_right():
    with (
        ScriptedServer() as server,
        pytest.raises(ModelNotServed, match=f"it has {MODEL}") as caught,
    ):
        connect(server.url, model="Qwen3.6-35B")
    assert caught.value.nearest == (MODEL,)


def test_34_no_model_at_all():
    empty = replace(LM_STUDIO, pages={"/v1/models": {"object": "list", "data": []}})
    with ScriptedServer(dialect=empty) as server, pytest.raises(ModelNotServed, match="load one"):
        connect(server.url)


def test_35_one_that_loads_its_model_is_waited_for():
    loading = {"/health": Body({"error": {"message": "Loading model"}}, 503)}
    with ScriptedServer(dialect=LLAMA_CPP, pages=loading) as server:
        threading.Timer(0.3, server.pages.__setitem__, ("/health", {"status": "ok"})).start()
        assert connect(server.url, loading_s=5).dialect is Dialect.LLAMA_CPP


def test_nobody_there():
    with pytest.raises(ServerUnreachable, match=r"Start the server: llama-server"):
        connect(f"http://127.0.0.1:{_closed_port()}/v1")


def test_the_context_that_the_user_names_counts_where_it_is_less():
    with ScriptedServer(dialect=VLLM) as server:
        assert connect(server.url, context=8_192).context_source is Source.CONFIGURED
        assert connect(server.url, context=99_999).context == 32_768


def test_ollama_knows_its_context_once_the_model_is_loaded():
    with ScriptedServer(dialect=OLLAMA, pages={"/api/ps": {"models": []}}) as server:
        found = connect(server.url)
        assert found.context is None
        server.pages["/api/ps"] = OLLAMA.pages["/api/ps"]
        assert reported_context(found) == 32_768


def test_after_the_first_answer_the_client_knows_it_too():
    with (
        ScriptedServer([Says("Hi")], dialect=OLLAMA, pages={"/api/ps": {"models": []}}) as server,
        ChatClient(connect(server.url), limits=QUICK) as client,
    ):
        server.pages["/api/ps"] = OLLAMA.pages["/api/ps"]
        client.reply(Request((user("Hello."),)))
        assert client.capabilities.context == 32_768


def test_of_several_models_the_one_that_is_loaded_is_used():
    names = ["nomic-embed-text", "llama3", "qwen3.6:35b-a3b"]
    models = {"/v1/models": {"data": [{"id": name, "owned_by": "library"} for name in names]}}
    with ScriptedServer(dialect=OLLAMA, pages={**models, "/api/ps": {"models": []}}) as server:
        assert connect(server.url).model == "qwen3.6:35b-a3b"
        server.pages["/api/ps"] = {"models": [{"model": "llama3", "context_length": 4096}]}
        loaded = connect(server.url)
        assert (loaded.model, loaded.context) == ("llama3", 4096)


def test_tokens_are_counted_by_the_server_that_can():
    pages = {"/tokenize": {"count": 123, "max_model_len": 32768}}
    with ScriptedServer(dialect=VLLM, pages=pages) as server:
        with ChatClient(connect(server.url), limits=QUICK) as client:
            counted = client.count((user("Hello."),), TOOLS)
        assert (counted.tokens, counted.exact, counted.by) == (123, True, "vllm /tokenize")
        asked = server.seen[-1].json
        assert asked["messages"] == [{"role": "user", "content": "Hello."}]
        assert [tool["function"]["name"] for tool in asked["tools"]] == ["read", "edit"]
    both = {"/apply-template": {"prompt": "<|im_start|>"}, "/tokenize": {"tokens": [1, 2, 3]}}
    with ScriptedServer(dialect=LLAMA_CPP, pages=both) as server:
        with ChatClient(connect(server.url), limits=QUICK) as client:
            assert client.count((user("Hello."),)).tokens == 3
        assert server.seen[-1].json == {"content": "<|im_start|>"}


def test_tokens_are_estimated_where_it_cannot():
    with ScriptedServer(dialect=VLLM) as server, ChatClient(connect(server.url)) as client:
        counted = client.count((user("word " * 300),))
        assert (counted.exact, counted.by) == (False, "estimate")
        assert 300 < counted.tokens < 600
        assert client.capabilities.tokenizer is False  # it is not asked again


def test_what_is_learnt_is_told_and_can_be_written_down():
    learnt: list[Capabilities] = []
    refusal = Body({"error": {"message": "x does not support tools"}}, 400)
    text = "<tool_call>\n<function=read>\n<parameter=path>\na\n</parameter>\n</function>\n</tool_call>"
    with ScriptedServer([refusal, Says(text)], dialect=OLLAMA) as server:
        with ChatClient(connect(server.url), limits=QUICK, on_learn=learnt.append) as client:
            client.reply(Request((user("Read a."),), TOOLS))
        assert learnt[-1].tools is Tools.TEXT
        assert from_document(document_of(learnt[-1])) == client.capabilities


def test_a_key_that_the_server_repeats_is_not_repeated_by_us():
    said = {"error": {"message": "Incorrect API key provided: hunter2hunter2."}}
    with (
        ScriptedServer([Body(said, 401)]) as server,
        ChatClient(connect(server.url), api_key="hunter2hunter2", limits=QUICK) as client,
        pytest.raises(ServerRefusesKey) as caught,
    ):
        client.reply(Request((user("Hello."),)))
    assert "hunter2" not in str(caught.value)
    assert "[redacted]" in str(caught.value)


def test_a_proxy_of_the_environment_is_not_for_local_servers(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{_closed_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with (
        ScriptedServer([Says("Hi")]) as server,
        ChatClient(connect(server.url), limits=QUICK) as client,
    ):
        reply = client.reply(Request((user("Hello."),)))
        assert (reply.message or user("")).text == "Hi"


def test_what_the_environment_holds_for_openai_is_not_for_others(monkeypatch):
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "for-openai-only")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    with ScriptedServer([Says("Hi")]) as server, ChatClient(connect(server.url)) as client:
        client.reply(Request((user("Hello."),)))
        assert "for-openai-only" not in str([seen.headers for seen in server.seen])


def test_an_ollama_without_models_says_what_is_missing():
    pages = {"/v1/models": {"object": "list", "data": None}}
    with (
        ScriptedServer(dialect=OLLAMA, pages=pages) as server,
        pytest.raises(ModelNotServed, match="load one"),
    ):
        connect(server.url)


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _silent:  # noqa: N801 - reads like the function that it stands for
    """A port that accepts and says nothing."""

    def __enter__(self) -> int:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        return int(self._socket.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._socket.close()
