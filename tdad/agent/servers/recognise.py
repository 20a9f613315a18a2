"""Whose server is it? Answers to a few questions → dialect, version, context. Pure.

Sources: the code and documentation of the servers, and bodies recorded from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tdad.agent.chat.capabilities import Capabilities, Dialect, Source
from tdad.agent.chat.dialects import MANNERS
from tdad.agent.servers.http import Answer

QUESTIONS: Mapping[str, str] = {
    "models": "/v1/models",
    "props": "/props",
    "version": "/version",
    "ollama": "/api/version",
    "ps": "/api/ps",
    "lmstudio": "/api/v0/models",
    "sglang": "/get_server_info",
    "sglang_model": "/get_model_info",
    "health": "/health",
}
"""Name → path below the server's root; ``models`` is asked below the base URL. All are GET and change nothing."""

Answers = Mapping[str, Answer]


def capabilities_of(base_url: str, answers: Answers, model: str | None = None) -> Capabilities:
    """What ``answers`` to :data:`QUESTIONS` say about the server. ``model``: the one that is asked for."""
    dialect = dialect_of(answers)
    models = model_ids(answers["models"])
    chosen = model or choose(models, loaded(answers))
    context = context_of(dialect, answers, chosen)
    return Capabilities(
        base_url=base_url,
        dialect=dialect,
        version=version_of(dialect, answers),
        model=chosen,
        models=models,
        context=context,
        context_source=Source.REPORTED if context else Source.UNKNOWN,
        reasoning_field=MANNERS[dialect].reasoning_field,
        tokenizer=dialect in {Dialect.VLLM, Dialect.LLAMA_CPP},
    )


def context_of(dialect: Dialect, answers: Answers, model: str) -> int | None:
    """Tokens of context that ``model`` has been given; ``None`` when the server does not say."""
    return _CONTEXT[dialect](answers, model)


def dialect_of(answers: Answers) -> Dialect:
    """The dialect that the answers give away, most certain signs first."""
    header = answers["models"].headers.get("server", "")
    owners = {str(each.get("owned_by")) for each in entries(answers["models"])}
    signs: tuple[tuple[Dialect, bool], ...] = (
        (Dialect.LLAMA_CPP, "default_generation_settings" in _of(answers, "props")),
        (Dialect.LLAMA_CPP, header == "llama.cpp" or "llamacpp" in owners),
        (Dialect.SGLANG, "sglang" in owners or "model_path" in _of(answers, "sglang_model")),
        (Dialect.SGLANG, "model_path" in _of(answers, "sglang")),
        (Dialect.VLLM, "vllm" in owners),
        (Dialect.LM_STUDIO, _is_lmstudio(answers)),
        (Dialect.OLLAMA, "version" in _of(answers, "ollama")),
        (
            Dialect.VLLM,
            "version" in _of(answers, "version") and _model_len(answers, "") is not None,
        ),
        (Dialect.MLX, "mlx" in owners or (header.startswith("BaseHTTP") and _is_healthy(answers))),
    )
    return next((dialect for dialect, sign in signs if sign), Dialect.UNKNOWN)


def _is_lmstudio(answers: Answers) -> bool:
    data = _of(answers, "lmstudio").get("data")
    return isinstance(data, list) and any(
        isinstance(each, dict) and ("loaded_context_length" in each or "state" in each)
        for each in data
    )


def _is_healthy(answers: Answers) -> bool:
    return _of(answers, "health").get("status") == "ok"


def version_of(dialect: Dialect, answers: Answers) -> str:
    """The server's version, empty when it does not say."""
    match dialect:
        case Dialect.VLLM:
            said = _of(answers, "version").get("version")
        case Dialect.OLLAMA:
            said = _of(answers, "ollama").get("version")
        case Dialect.LLAMA_CPP:
            said = _of(answers, "props").get("build_info")
        case Dialect.SGLANG:
            said = _of(answers, "sglang").get("version")
        case _:
            said = None
    return said if isinstance(said, str) else ""


def entries(models: Answer) -> list[Mapping[str, Any]]:
    """The models of ``/v1/models`` as they came."""
    data = models.object.get("data")
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def model_ids(models: Answer) -> tuple[str, ...]:
    """Names of all models, in the server's order."""
    return tuple(str(each["id"]) for each in entries(models) if each.get("id"))


def loaded(answers: Answers) -> tuple[str, ...]:
    """Models that are in memory, where the server keeps several and says which."""
    running = _of(answers, "ps").get("models")
    names = [each.get("model") or each.get("name") for each in _dicts(running)]
    names += [
        each.get("id")
        for each in _dicts(_of(answers, "lmstudio").get("data"))
        if each.get("state") == "loaded"
    ]
    return tuple(str(name) for name in names if name)


_PREFERRED = ("qwen3.6-35b", "qwen3.6", "qwen3.5", "qwen3-coder", "qwen3", "coder", "qwen")


def choose(models: tuple[str, ...], in_memory: tuple[str, ...]) -> str:
    """The model to use when none was named: one that is loaded, of a kind that this was made for, else the first."""
    usable = [name for name in models if "embed" not in name.lower()] or list(models)
    candidates = [name for name in in_memory if name in usable] or usable
    for wanted in _PREFERRED:
        for name in candidates:
            if wanted in name.lower():
                return name
    return candidates[0] if candidates else ""


_LENGTHS = ("max_model_len", "context_length", "context_window", "max_context_length")
"""What endpoints call the context of a model in their list; vLLM, OpenRouter, Groq, others."""


def _model_len(answers: Answers, model: str) -> int | None:
    for each in entries(answers["models"]):
        if model in ("", each.get("id")):
            found = [size for name in _LENGTHS if (size := _int(each.get(name)))]
            if found:
                return found[0]
    return None


def _llama_cpp(answers: Answers, model: str) -> int | None:
    settings = _of(answers, "props").get("default_generation_settings")
    size = _int(settings.get("n_ctx")) if isinstance(settings, dict) else None
    if size:
        return size
    for each in entries(answers["models"]):
        meta = each.get("meta")
        if model in ("", each.get("id")) and isinstance(meta, dict):
            return _int(meta.get("n_ctx"))
    return None


def _sglang(answers: Answers, model: str) -> int | None:
    info = _of(answers, "sglang")
    return _model_len(answers, model) or _int(info.get("context_length")) or None


def _ollama(answers: Answers, model: str) -> int | None:
    for each in _dicts(_of(answers, "ps").get("models")):
        if model in (each.get("model"), each.get("name")):
            return _int(each.get("context_length"))
    return None


def _lmstudio(answers: Answers, model: str) -> int | None:
    for each in _dicts(_of(answers, "lmstudio").get("data")):
        if each.get("id") == model:
            return _int(each.get("loaded_context_length"))
    return None


_CONTEXT: Mapping[Dialect, Callable[[Answers, str], int | None]] = {
    Dialect.VLLM: _model_len,
    Dialect.SGLANG: _sglang,
    Dialect.LLAMA_CPP: _llama_cpp,
    Dialect.OLLAMA: _ollama,
    Dialect.LM_STUDIO: _lmstudio,
    Dialect.MLX: _model_len,
    Dialect.UNKNOWN: _model_len,
}


def _of(answers: Answers, name: str) -> Mapping[str, Any]:
    answer = answers.get(name)
    return answer.object if answer else {}


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _int(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
