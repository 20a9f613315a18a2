"""Secrets out of text, before it is written or shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

GONE = "[redacted]"

_SHAPES = re.compile(
    r"""
    \b(?:sk|rk|pk)-(?:[A-Za-z0-9_]+-)*[A-Za-z0-9_-]{16,}      # OpenAI, Anthropic, OpenRouter
    | \bhf_[A-Za-z0-9]{16,}                                    # Hugging Face
    | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,}      # GitHub
    | \bglpat-[\w-]{16,}                                       # GitLab
    | \bpypi-[\w-]{32,}                                        # PyPI
    | \bxox[abposr]-[\w-]{10,}                                 # Slack
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b                            # AWS
    | \bAIza[\w-]{35}                                          # Google
    | \beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}               # JSON web token
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEARER = re.compile(
    r"(?i)(\bauthorization\b[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+)[^\s\"']+"
)
_IN_URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)")
LEAST_SECRET = 6


def redact(text: str, secrets: Collection[str] = ()) -> str:
    """``text`` without ``secrets`` (those of six characters and more) and without what has the shape of a key."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= LEAST_SECRET:
            text = text.replace(secret, GONE)
    text = _SHAPES.sub(GONE, text)
    text = _BEARER.sub(rf"\1{GONE}", text)
    return _IN_URL.sub(rf"\1{GONE}", text)


def redact_document(value: Any, secrets: Collection[str] = ()) -> Any:
    """A JSON document with every text in it redacted, names of fields included."""
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, Mapping):
        return {redact(str(k), secrets): redact_document(v, secrets) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact_document(each, secrets) for each in value]
    return value
