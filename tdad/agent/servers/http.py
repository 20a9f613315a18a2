"""Small questions to a server beside the chat: GET or POST of JSON, bounded in time and size, no proxy, no redirect."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

MOST_BYTES = 8_000_000
TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. ``status`` 0: nothing, and ``text`` says why."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    text: str = ""

    @property
    def json(self) -> Any:
        """The body as JSON; ``None`` when it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    @property
    def object(self) -> Mapping[str, Any]:
        """The body as a JSON object, empty when it is none or the answer is an error."""
        value = self.json if self.status == 200 else None
        return value if isinstance(value, dict) else {}


def ask(
    url: str, *, payload: object = None, key: str = "", timeout_s: float = TIMEOUT_S
) -> Answer:
    """GET ``url``, or POST ``payload`` to it. Never raises for what a server or the network does."""
    parts = urlsplit(url)
    try:
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    except ValueError as error:  # a port that is no number
        return Answer(0, text=str(error))
    try:
        return _exchange(connection, parts.path or "/", payload, key, monotonic() + timeout_s)
    except (OSError, http.client.HTTPException, ssl.SSLError) as error:
        return Answer(0, text=str(error) or type(error).__name__)
    finally:
        connection.close()


def _exchange(
    connection: http.client.HTTPConnection, path: str, payload: object, key: str, end: float
) -> Answer:
    headers = {"Accept": "application/json", "Connection": "close"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    body = None
    if payload is not None:
        body = json.dumps(payload).encode()
        headers["Content-Type"] = "application/json"
    connection.request("GET" if body is None else "POST", path, body, headers)
    response = connection.getresponse()
    content = bytearray()
    while chunk := response.read1(65_536):
        content += chunk
        if len(content) > MOST_BYTES or monotonic() > end:
            return Answer(0, text="the answer has no end")
    named = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, named, content.decode("utf-8", "replace"))


def root_of(base_url: str) -> str:
    """The address of the server itself: ``base_url`` without ``/v1``."""
    return base_url.rstrip("/").removesuffix("/v1")


def listens(host: str, port: int, timeout_s: float = 0.3) -> bool:
    """Tell whether somebody accepts connections there."""
    try:
        socket.create_connection((host, port), timeout_s).close()
    except OSError:
        return False
    return True
