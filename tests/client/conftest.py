from __future__ import annotations

from contextlib import ExitStack

import pytest

from tdad.agent.client import ChatClient
from tests.client.talk import QUICK, Talk, capabilities
from tests.servers.dialects import VLLM
from tests.servers.scripted import ScriptedServer


@pytest.fixture
def talk():
    """Starts a server with a script, and a client of it; both are closed at the end."""
    with ExitStack() as stack:

        def start(script=(), *, dialect=VLLM, limits=QUICK, pages=None, server=None, **changes):
            server = server or stack.enter_context(
                ScriptedServer(script, dialect=dialect, pages=pages)
            )
            known = capabilities(server, **changes)
            client = stack.enter_context(ChatClient(known, limits=limits))
            return Talk(client, server)

        yield start
