"""What a server can do: recorded once per server and run, and corrected when it turns out otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum, unique
from typing import Any

SCHEMA = "tdad.capabilities/1"


@unique
class Dialect(StrEnum):
    """Whose server it is."""

    VLLM = "vllm"
    SGLANG = "sglang"
    LLAMA_CPP = "llama.cpp"
    OLLAMA = "ollama"
    LM_STUDIO = "lmstudio"
    MLX = "mlx"
    UNKNOWN = "unknown"


@unique
class Tools(StrEnum):
    """How calls travel."""

    NATIVE = "native"
    """In the ``tools`` and ``tool_calls`` of the protocol."""
    TEXT = "text"
    """Described in the system message and read out of the answer."""


@unique
class Source(StrEnum):
    """Where a number comes from."""

    UNKNOWN = "unknown"
    REPORTED = "reported"
    CONFIGURED = "configured"
    LEARNT = "learnt"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One server and model."""

    base_url: str
    dialect: Dialect = Dialect.UNKNOWN
    version: str = ""
    model: str = ""
    models: tuple[str, ...] = ()
    context: int | None = None
    """Tokens of prompt and answer together; ``None`` when nobody knows."""
    context_source: Source = Source.UNKNOWN
    tools: Tools = Tools.NATIVE
    stream: bool = True
    reasoning_field: str = ""
    """Field of a message in which this server reads and writes thoughts; empty until one was seen."""
    dropped: tuple[str, ...] = ()
    """Optional fields of a request that this server refused, sorted."""
    tokenizer: bool = False
    """It has an endpoint that counts the tokens of a conversation."""


def document_of(capabilities: Capabilities) -> dict[str, Any]:
    """``tdad.capabilities/1``, for the run's file."""
    return {"schema": SCHEMA, **asdict(capabilities)}


def from_document(document: Mapping[str, Any]) -> Capabilities:
    """The inverse of :func:`document_of`; fields that are not known are passed over.

    Raises:
        ValueError: it is no such document.
    """
    if document.get("schema") != SCHEMA:
        raise ValueError(f"not a {SCHEMA} document: schema is {document.get('schema')!r}")
    known = {each.name for each in fields(Capabilities)}
    values = {name: value for name, value in document.items() if name in known}
    for name, kind in (("dialect", Dialect), ("tools", Tools), ("context_source", Source)):
        if name in values:
            values[name] = kind(values[name])
    for name in ("models", "dropped"):
        values[name] = tuple(values.get(name, ()))
    return Capabilities(**values)
