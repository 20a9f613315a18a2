"""``[[tool.tdad.models]]``: the endpoints of models, in the order in which they are tried."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tdad.errors import ConfigInvalid, ConfigUnknownKey


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """One endpoint. Keys are never in the file: ``api_key_env`` names the variable that holds one."""

    base_url: str
    model: str | None = None
    """``None``: the one that the server has loaded."""
    api_key_env: str | None = None
    context: int | None = None
    """Tokens of context, where the server does not say, or less than it says."""
    token_budget: int | None = None
    """At most so many tokens in one run, prompts and answers together."""
    thinking: bool = True
    tools: str | None = None
    """``native`` or ``text``; ``None``: native until the server refuses."""
    found: bool = False
    """Nobody named it: it answered at a usual local port. It gets no key."""

    @property
    def remote(self) -> bool:
        """Text of the project leaves the house."""
        return not is_local(self.base_url)


def endpoints(value: object, where: str) -> tuple[ModelEndpoint, ...]:
    """The endpoints that ``value`` (a list of tables, or of URLs) describes.

    Raises:
        ConfigUnknownKey: a table has another key.
        ConfigInvalid: a value has the wrong type, an endpoint has no URL, or a remote one no budget.
    """
    if isinstance(value, list | tuple):
        return tuple(_endpoint(each, where) for each in value)
    raise ConfigInvalid(where, f"models must be a list of tables, not {value!r}")


def _endpoint(value: object, where: str) -> ModelEndpoint:
    if isinstance(value, ModelEndpoint):
        return value
    table = {"base_url": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise ConfigInvalid(where, f"models must be a list of tables, not of {value!r}")
    place = f"[[tool.tdad.models]] of {where}"
    if "api_key" in table:
        raise ConfigInvalid(
            place,
            "a key does not belong into a file that is shared; name the variable that holds it: api_key_env",
        )
    for name, given in table.items():
        if name not in _KEYS:
            raise ConfigUnknownKey(name, place, tuple(_KEYS))
        wanted, fits = _KEYS[name]
        if not fits(given):
            raise ConfigInvalid(place, f"{name} must be {wanted}, not {given!r}")
    if "base_url" not in table:
        raise ConfigInvalid(place, "an endpoint needs a base_url")
    endpoint = ModelEndpoint(**{**table, "base_url": table["base_url"].rstrip("/")})
    if endpoint.remote and endpoint.token_budget is None and not isinstance(value, str):
        raise ConfigInvalid(
            place, f"{endpoint.base_url} is not on this network and needs a token_budget"
        )
    return endpoint


def is_local(url: str) -> bool:
    """Tell whether ``url`` is on this machine or in a private network: nothing leaves the house."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith((".localhost", ".local", ".lan", ".internal")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host  # a name without a domain is one of the local network
    return address.is_loopback or address.is_private or address.is_link_local


def _is_url(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_KEYS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "base_url": ("an http or https URL", _is_url),
    "model": ("a name", lambda value: isinstance(value, str) and bool(value)),
    "api_key_env": (
        "the name of an environment variable",
        lambda value: isinstance(value, str) and value.isidentifier(),
    ),
    "context": ("a positive integer", _is_count),
    "token_budget": ("a positive integer", _is_count),
    "tools": ("native or text", lambda value: value in {"native", "text"}),
    "thinking": ("a boolean", lambda value: isinstance(value, bool)),
}
