"""How to start a server so that it can do what is needed. Pure; commands are those of the how-to page."""

from __future__ import annotations

from collections.abc import Mapping

from tdad.agent.chat.capabilities import Dialect

CONTEXT = 32_768
"""Tokens of context that the work is planned for."""

_START: Mapping[Dialect, str] = {
    Dialect.VLLM: "vllm serve Qwen/Qwen3.6-35B-A3B --max-model-len 32768 --reasoning-parser qwen3"
    " --enable-auto-tool-choice --tool-call-parser qwen3_coder",
    Dialect.SGLANG: "python -m sglang.launch_server --model-path Qwen/Qwen3.6-35B-A3B --port 30000"
    " --context-length 32768 --reasoning-parser qwen3 --tool-call-parser qwen3_coder",
    Dialect.LLAMA_CPP: "llama-server -hf unsloth/Qwen3.6-35B-A3B-GGUF:UD-Q4_K_XL --jinja -c 32768 --parallel 1"
    " --port 8080",
    Dialect.OLLAMA: "OLLAMA_CONTEXT_LENGTH=32768 ollama serve",
    Dialect.LM_STUDIO: "lms load MODEL --context-length 32768 && lms server start",
    Dialect.MLX: "mlx_lm.server --model MODEL --port 8080 --prompt-cache-size 1",
}
_TOOLS: Mapping[Dialect, str] = {
    Dialect.VLLM: "--enable-auto-tool-choice --tool-call-parser qwen3_coder --reasoning-parser qwen3",
    Dialect.SGLANG: "--tool-call-parser qwen3_coder --reasoning-parser qwen3",
    Dialect.LLAMA_CPP: "--jinja (and the model's own chat template, not --chat-template)",
    Dialect.OLLAMA: "a model whose `ollama show MODEL` lists tools",
    Dialect.LM_STUDIO: "a model that LM Studio marks with the hammer (tool use)",
    Dialect.MLX: "a model whose chat template has tools, mlx_lm 0.30 or newer",
}
_CONTEXT_FLAGS: Mapping[Dialect, str] = {
    Dialect.VLLM: "--max-model-len 32768",
    Dialect.SGLANG: "--context-length 32768",
    Dialect.LLAMA_CPP: "-c 32768 --parallel 1 (-c is divided by --parallel)",
    Dialect.OLLAMA: "OLLAMA_CONTEXT_LENGTH=32768 ollama serve",
    Dialect.LM_STUDIO: "lms load MODEL --context-length 32768",
    Dialect.MLX: "a model with a longer context: mlx_lm.server has no option for it",
}


def start_command(dialect: Dialect) -> str:
    """The whole command; for an unknown server the one that needs least."""
    return _START.get(dialect, _START[Dialect.LLAMA_CPP])


def tool_flags(dialect: Dialect) -> str:
    """What makes a server read and write tool calls."""
    return _TOOLS.get(dialect, "the option that enables tool calls (see its documentation)")


def reasoning_flags(dialect: Dialect) -> str:
    """What makes a server tell thoughts from text."""
    if dialect in {Dialect.VLLM, Dialect.SGLANG}:
        return "--reasoning-parser qwen3"
    if dialect is Dialect.LLAMA_CPP:
        return "--jinja --reasoning-format deepseek"
    return "the model's own chat template (see the server's documentation)"


def context_flags(dialect: Dialect) -> str:
    """What gives a server 32,768 tokens of context."""
    return _CONTEXT_FLAGS.get(dialect, "a context of 32768 tokens (see its documentation)")
