from __future__ import annotations

import hmac
import json
import os
import struct
import subprocess
import sys
from hashlib import sha256

from tdad.runner.channel import Channel, Messages
from tdad.runner.suite import INJECT

KEY = b"k" * 32


def sealed(key: bytes, **entry: object) -> bytes:
    body = json.dumps(entry).encode()
    return struct.pack(">I", len(body)) + hmac.new(key, body, sha256).digest() + body


def after(key: bytes) -> bytes:
    return sha256(b"next" + key).digest()


def test_sealed_messages_are_believed_however_they_are_cut():
    data = sealed(KEY, start="a") + sealed(after(KEY), end=0)
    messages = Messages(KEY)
    for byte in data:
        messages.feed(bytes([byte]))
    assert messages.said == [{"start": "a"}, {"end": 0}]
    assert messages.current == "a"
    assert not messages.forged


def test_a_wrong_seal_ends_the_conversation():
    messages = Messages(KEY)
    messages.feed(sealed(KEY, start="a") + sealed(b"x" * 32, end=0) + sealed(after(KEY), end=0))
    assert messages.said == [{"start": "a"}]
    assert messages.forged


def test_a_message_said_twice_is_not_believed():
    messages = Messages(KEY)
    messages.feed(sealed(KEY, start="a") * 2)
    assert messages.forged


def test_a_length_that_no_message_has_ends_the_conversation():
    messages = Messages(KEY)
    messages.feed(b"\xff" * 4)
    assert messages.forged


def test_a_child_is_heard_and_its_forks_are_not():
    program = (
        "import os, sys, tdad_pipe\n"
        "settings, say = tdad_pipe.take()\n"
        "assert 'TDAD_WITNESS' not in os.environ and settings['pythonpath'] == ''\n"
        "say(start='a')\n"
        "if os.fork() == 0:\n"
        "    say(start='forked'); os._exit(0)\n"
        "os.wait(); say(end=0)\n"
    )
    channel = Channel()
    settings = os.memfd_create("settings") if hasattr(os, "memfd_create") else -1
    if settings < 0:
        return
    os.write(settings, b'{"pythonpath": ""}')
    order = {"say": channel.say, "key": channel.key, "settings": f"/proc/self/fd/{settings}"}
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": INJECT, "TDAD_WITNESS": json.dumps(order)},
        pass_fds=(*channel.pass_fds, settings),
    )
    channel.listen()
    assert process.wait() == 0
    channel.close()
    os.close(settings)
    assert channel.messages.said == [{"start": "a"}, {"end": 0}]
    assert not channel.messages.forged
