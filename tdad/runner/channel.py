"""What a confined process says to us alone: sealed messages on a pipe, the seals' key on another.

The tests run in the process that speaks. What they print, and what they write into files, is not listened to; a message
without the right seal ends the conversation. Code that searches the memory of its own process for the key can still
speak for it: nothing that is in a process can be kept from what runs there. It cannot take back what was said before.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import struct
import threading
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

_HEAD, _SEAL = 4, 32
_LONGEST = 8 * 2**20
"""No message is as long as that; the bytes of a forger may say that one is."""


@dataclass
class Messages:
    """Bytes → messages, as long as each is sealed as it must be."""

    key: bytes
    said: list[dict[str, Any]] = field(default_factory=list)
    forged: bool = False
    """Something without the right seal came; nothing after it is believed."""
    heard_at: float = field(default_factory=time.monotonic)
    """When the last message came."""
    current: str = ""
    """The test that began last."""
    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> None:
        """Take in what came."""
        if self.forged:
            return
        self._rest += data
        while len(self._rest) >= _HEAD:
            (length,) = struct.unpack(">I", self._rest[:_HEAD])
            if length > _LONGEST:
                self.forged = True
                return
            end = _HEAD + _SEAL + length
            if len(self._rest) < end:
                return
            self._take(
                bytes(self._rest[_HEAD : _HEAD + _SEAL]), bytes(self._rest[end - length : end])
            )
            del self._rest[:end]
            if self.forged:
                return

    def _take(self, seal: bytes, body: bytes) -> None:
        if not hmac.compare_digest(seal, hmac.new(self.key, body, sha256).digest()):
            self.forged = True
            return
        self.key = sha256(b"next" + self.key).digest()
        message = json.loads(body)
        self.said.append(message)
        self.heard_at = time.monotonic()
        self.current = message.get("start", self.current)


class Channel:
    """Both pipes, for one child: it inherits ``pass_fds``; :meth:`listen` once it runs, :meth:`close` once it ended."""

    def __init__(self) -> None:
        key = secrets.token_bytes(32)
        self.messages = Messages(key)
        self._mine, self.say = os.pipe()
        self.key, ours = os.pipe()
        os.write(ours, key)
        os.close(ours)
        self._thread = threading.Thread(target=self._read, name="tdad-channel", daemon=True)

    @property
    def pass_fds(self) -> tuple[int, int]:
        """What the child inherits."""
        return self.say, self.key

    def listen(self) -> None:
        """The child has its copies: drop ours, and take in what it says."""
        self._drop()
        self._thread.start()

    def close(self) -> None:
        """The child and all its group ended: wait for what it still said."""
        self._drop()
        if self._thread.ident is not None:
            self._thread.join(_PATIENCE_S)  # a process that escaped may hold its end open
        with contextlib.suppress(OSError):
            os.close(self._mine)

    def _drop(self) -> None:
        for name in ("say", "key"):
            descriptor = getattr(self, name)
            if descriptor >= 0:
                os.close(descriptor)
                setattr(self, name, -1)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._mine, 65536):
                self.messages.feed(data)


_PATIENCE_S = 2.0
