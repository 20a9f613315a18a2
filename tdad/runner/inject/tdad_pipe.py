"""What a process of tests says to tdad alone: sealed messages on a pipe. Standard library, Python 3.6 syntax.

``TDAD_WITNESS`` is a JSON object ``{"say": descriptor, "key": descriptor, "settings": file}`` and is taken out of the
environment again. The key of the seals comes through a pipe of its own, so that it is not in the environment that
``/proc`` shows, and changes with every message: what was said cannot be said otherwise later. All that is needed is
bound before the project runs.

A message is 4 bytes length, 32 bytes HMAC-SHA256, JSON; see ``tdad.runner.witness_read``.
"""

import hashlib
import hmac
import json
import os
import struct
import threading

VARIABLE = "TDAD_WITNESS"
_PYTHONPATH = "PYTHONPATH"


def sealed_pipe(descriptor, key):
    """Return a function that says one message; the key is known to it alone. Forked children say nothing."""
    write, dumps, pack, getpid = os.write, json.dumps, struct.pack, os.getpid
    sha256, new = hashlib.sha256, hmac.new
    lock = threading.Lock()
    state = [key]
    owner = getpid()

    def say(**entry):
        if getpid() != owner:
            return
        body = dumps(entry).encode("ascii")
        with lock:
            seal = new(state[0], body, sha256).digest()
            state[0] = sha256(b"next" + state[0]).digest()
            data = pack(">I", len(body)) + seal + body
            while data:
                data = data[write(descriptor, data) :]

    return say


def take():
    """Return (settings, function that says a message), or ``(None, None)`` where nobody listens."""
    text = os.environ.pop(VARIABLE, None)
    if text is None:
        return None, None
    order = json.loads(text)
    with open(order["settings"], encoding="utf-8") as file:
        settings = json.load(file)
    key = os.read(order["key"], 32)
    os.close(order["key"])
    os.set_inheritable(order["say"], False)
    if settings["pythonpath"]:
        os.environ[_PYTHONPATH] = settings["pythonpath"]
    else:
        os.environ.pop(_PYTHONPATH, None)
    return settings, sealed_pipe(order["say"], key)
