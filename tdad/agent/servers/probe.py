"""Ask a server what it is, and look for servers where they usually are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from tdad.agent.chat.capabilities import Capabilities, Dialect, Source, Tools
from tdad.agent.servers.advice import start_command
from tdad.agent.servers.http import Answer, ask, listens, root_of
from tdad.agent.servers.names import nearest, with_v1
from tdad.agent.servers.recognise import QUESTIONS, capabilities_of, context_of, entries
from tdad.config import is_local
from tdad.errors import (
    BaseUrlWrong,
    ModelNotServed,
    ServerBadAnswer,
    ServerNotFound,
    ServerRefusesKey,
    ServerUnreachable,
)

PORTS = (30000, 8000, 8080, 11434, 1234)
"""SGLang, vLLM, llama.cpp and mlx_lm, Ollama, LM Studio."""
HOST = "127.0.0.1"
LOADING_S = 180.0


def connect(
    base_url: str,
    *,
    model: str | None = None,
    key: str = "",
    context: int | None = None,
    tools: Tools = Tools.NATIVE,
    loading_s: float = LOADING_S,
) -> Capabilities:
    """What the server at ``base_url`` is and can do. Waits for one that is loading its model.

    ``context`` is what the user says it has: taken where it is less than what the server says, or where the
    server says nothing.

    Raises:
        ServerUnreachable, ServerRefusesKey, BaseUrlWrong, ServerBadAnswer: it cannot be talked to.
        ModelNotServed: it has no model, or not ``model``.
    """
    base_url = base_url.rstrip("/")
    models = _models(base_url, key, loading_s)
    root = root_of(base_url)
    answers = {"models": models}
    for name, path in QUESTIONS.items():
        # A remote endpoint is not one of the local servers that answer to these.
        if name != "models" and is_local(base_url):
            answers[name] = ask(root + path, key=key)
    found = capabilities_of(base_url, answers, model)
    if not found.models or (model and model not in found.models):
        raise ModelNotServed(base_url, model or "", nearest(model or "", found.models))
    found = replace(found, tools=tools)
    if context and (found.context is None or context < found.context):
        return replace(found, context=context, context_source=Source.CONFIGURED)
    return found


def _models(base_url: str, key: str, loading_s: float) -> Answer:
    end = time.monotonic() + loading_s
    while True:
        answer = ask(f"{base_url}/models", key=key)
        if not _is_loading(base_url, answer, key) or time.monotonic() > end:
            break
        time.sleep(min(1.0, loading_s / 10))
    if answer.status == 200 and isinstance(answer.object.get("data", 0), list | None):
        return answer  # Ollama has null where it has no model
    if not answer.status or answer.status == 503:
        raise ServerUnreachable(base_url, answer.text[:200], start_command(Dialect.UNKNOWN))
    if answer.status in {401, 403}:
        raise ServerRefusesKey(base_url, f"status {answer.status}")
    better = with_v1(base_url)
    if better and entries(ask(f"{better}/models", key=key)):
        raise BaseUrlWrong(base_url, better)
    if answer.status in {404, 405, 200}:
        raise BaseUrlWrong(base_url, "")
    raise ServerBadAnswer(base_url, f"{base_url}/models answers with {answer.status}")


def _is_loading(base_url: str, models: Answer, key: str) -> bool:
    """Tell whether the server says so; llama.cpp lists its models before it has loaded them."""
    if models.status == 200:
        return ask(f"{root_of(base_url)}/health", key=key).status == 503
    return models.status == 503


def find(ports: Sequence[int] = PORTS) -> tuple[str, ...]:
    """Base URLs of the servers on this machine's usual ports, in the order of ``ports``."""
    found = []
    for port in ports:
        url = f"http://{HOST}:{port}/v1"
        if listens(HOST, port) and _speaks(ask(f"{url}/models")):
            found.append(url)
    return tuple(found)


def _speaks(answer: Answer) -> bool:
    """Tell whether it is a model server: any other may be at these ports."""
    loading = answer.status == 503 and "loading" in answer.text.lower()
    locked = answer.status == 401 and "json" in answer.headers.get("content-type", "")
    return bool(entries(answer)) or loading or locked


def find_one(ports: Sequence[int] = PORTS) -> str:
    """The first server of :func:`find`.

    Raises:
        ServerNotFound: there is none.
    """
    found = find(ports)
    if not found:
        raise ServerNotFound(
            tuple(f"{HOST}:{port}" for port in ports), start_command(Dialect.LLAMA_CPP)
        )
    return found[0]


def is_up(base_url: str, key: str = "") -> bool:
    """Tell whether the server listens and has loaded its model."""
    models = ask(f"{base_url}/models", key=key)
    return models.status == 200 and not _is_loading(base_url, models, key)


def reported_context(server: Capabilities, key: str = "") -> int | None:
    """The context size that the server reports now: some know it only once the model is loaded."""
    root = root_of(server.base_url)
    answers = {name: ask(root + path, key=key) for name, path in QUESTIONS.items()}
    answers["models"] = ask(f"{server.base_url}/models", key=key)
    return context_of(server.dialect, answers, server.model)
