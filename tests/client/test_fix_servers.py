"""Which server an attempt talks to."""

from __future__ import annotations

import pytest

from tdad.agent.chat.capabilities import Source
from tdad.config import Config, ModelEndpoint
from tdad.errors import FixBudgetMissing, ServerUnreachable
from tdad.workflows.fix_model_servers import Wanted, servers_of
from tests.servers.dialects import LLAMA_CPP, VLLM
from tests.servers.scripted import ScriptedServer

GONE = "http://127.0.0.1:9/v1"


def test_endpoints_in_order_and_those_that_fail_are_passed_over():
    with ScriptedServer(dialect=VLLM) as one, ScriptedServer(dialect=LLAMA_CPP) as two:
        config = Config(models=tuple(ModelEndpoint(url) for url in (GONE, one.url, two.url)))
        servers = servers_of(config, Wanted(), {})
        used = [servers.for_attempt(turn) for turn in range(4)]
        assert [each.endpoint.base_url for each in used if each] == [
            one.url,
            two.url,
            two.url,
            two.url,
        ]
        assert isinstance(servers.error, ServerUnreachable)
        servers.give_up(servers.left[0], None)
        servers.give_up(servers.left[0], None)
        assert servers.for_attempt(0) is None


def test_the_context_is_the_least_of_what_is_known():
    with ScriptedServer(dialect=VLLM) as server:
        for wanted, configured, least in (
            (32_768, None, 32_768),
            (8_192, None, 8_192),
            (65_536, 4_096, 4_096),
            (65_536, None, 32_768),
        ):
            config = Config(models=(ModelEndpoint(server.url, context=configured),))
            found = servers_of(config, Wanted(context=wanted), {}).for_attempt(0)
            assert found is not None
            assert found.context == least
            assert (found.known.context_source is Source.CONFIGURED) == (least < 32_768)


def test_an_endpoint_outside_needs_a_budget_and_local_ones_do_not():
    remote = "https://api.example.com/v1"
    with pytest.raises(FixBudgetMissing) as caught:
        servers_of(Config(), Wanted(base_url=remote), {})
    assert "--tokens" in str(caught.value)
    servers = servers_of(Config(), Wanted(base_url=remote, tokens=10), {})
    assert servers.left[0].token_budget == 10
    assert servers_of(Config(), Wanted(base_url=GONE), {}).left[0].token_budget is None


def test_keys_are_known_so_that_they_can_be_kept_out_of_what_is_written():
    config = Config(models=(ModelEndpoint(GONE, api_key_env="MINE"), ModelEndpoint(GONE + "2")))
    servers = servers_of(config, Wanted(), {"MINE": "secret-1", "TDAD_API_KEY": "secret-2"})
    assert servers.keys() == ("secret-1", "secret-2")
