"""Which endpoints of models to use, and what they are: shared by all commands that talk to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tdad.agent.chat.capabilities import Capabilities, Tools
from tdad.agent.servers import probe
from tdad.config import Config, ModelEndpoint

KEY_VARIABLE = "TDAD_API_KEY"


def endpoints(
    config: Config, base_url: str | None, model: str | None, ports: Sequence[int] = probe.PORTS
) -> tuple[ModelEndpoint, ...]:
    """The endpoints to use, in order: the one that was named, else the configured ones, else one that was found.

    ``model`` is asked for at all of them.
    """
    if base_url:
        known = {each.base_url: each for each in config.models}
        named = known.get(base_url.rstrip("/"))
        if named is None:
            return (ModelEndpoint(base_url.rstrip("/"), model),)
        return (replace(named, model=model or named.model),)
    if config.models:
        return tuple(replace(each, model=model or each.model) for each in config.models)
    return tuple(ModelEndpoint(url, model, found=True) for url in probe.find(ports)[:1])


def key_of(endpoint: ModelEndpoint, environ: Mapping[str, str]) -> str:
    """The API key of ``endpoint``, empty when there is none, and for whoever happens to listen at a usual port."""
    if endpoint.found:
        return ""
    return environ.get(endpoint.api_key_env or KEY_VARIABLE, "")


def connect(endpoint: ModelEndpoint, environ: Mapping[str, str]) -> Capabilities:
    """What the server of ``endpoint`` is and can do.

    Raises:
        TdadError: it cannot be used; see :func:`tdad.agent.servers.probe.connect`.
    """
    return probe.connect(
        endpoint.base_url,
        model=endpoint.model,
        key=key_of(endpoint, environ),
        context=endpoint.context,
        tools=Tools(endpoint.tools or Tools.NATIVE),
    )
