"""Which server an attempt talks to: the endpoints in their order, each with its budget of tokens in this run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tdad.agent.chat.capabilities import Capabilities, Dialect, document_of
from tdad.agent.servers import probe
from tdad.agent.servers.advice import start_command
from tdad.config import Config, ModelEndpoint
from tdad.errors import FixBudgetMissing, ServerNotFound, TdadError
from tdad.workflows import models
from tdad.workflows.fix_folder import RunFolder, write_whole


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user says about the model."""

    base_url: str | None = None
    model: str | None = None
    context: int = 32_768
    """Tokens of a conversation: more is not used where a server has more."""
    tokens: int | None = None
    """Budget for the run; ``None``: what the endpoint's configuration says."""


@dataclass(frozen=True, slots=True)
class Server:
    """One that answers."""

    endpoint: ModelEndpoint
    known: Capabilities
    key: str

    @property
    def context(self) -> int | None:
        """Tokens of a conversation."""
        return self.known.context


@dataclass
class Servers:
    """The endpoints that are left, first come first."""

    left: list[ModelEndpoint]
    context: int
    environ: Mapping[str, str]
    spent: dict[str, int] = field(default_factory=dict)
    """Base URL → tokens in this run."""
    error: TdadError | None = None
    """Why the last one that was given up cannot be used."""
    _open: dict[str, Server] = field(default_factory=dict)

    def for_attempt(self, turn: int) -> Server | None:
        """The server of an attempt, counted from 0: each goes one further, up to the last; ``None``: none is left.

        One that cannot be used, or whose budget is spent, is passed over for good.
        """
        while self.left:
            endpoint = self.left[min(turn, len(self.left) - 1)]
            try:
                return self._connected(endpoint)
            except TdadError as error:
                self.give_up(endpoint, error)
        return None

    def _connected(self, endpoint: ModelEndpoint) -> Server:
        known = self._open.get(endpoint.base_url)
        if known is None:
            limited = replace(
                endpoint, context=min(endpoint.context or self.context, self.context)
            )
            found = models.connect(limited, self.environ)
            known = Server(endpoint, found, models.key_of(endpoint, self.environ))
            self._open[endpoint.base_url] = known
        return known

    def learnt(self, server: Server, known: Capabilities) -> None:
        """Remember what an attempt found out."""
        self._open[server.endpoint.base_url] = replace(server, known=known)

    def give_up(self, endpoint: ModelEndpoint, error: TdadError | None) -> None:
        """Do not use that endpoint any more."""
        self.error = error or self.error
        self.left = [each for each in self.left if each is not endpoint]

    def keys(self) -> tuple[str, ...]:
        """All API keys, to be kept out of what is written."""
        return tuple(filter(None, (models.key_of(each, self.environ) for each in self.left)))

    def record(self, run: RunFolder) -> None:
        """Write what is known about each server into the run's folder."""
        documents = [document_of(each.known) for each in self._open.values()]
        write_whole(run.folder / "capabilities.json", json.dumps(documents, indent=1).encode())


def servers_of(config: Config, wanted: Wanted, environ: Mapping[str, str]) -> Servers:
    """The servers for a run; nothing is asked yet but who listens at the usual local ports.

    Raises:
        ServerNotFound: none is named and none answers.
        FixBudgetMissing: one on another network has no budget of tokens.
    """
    found = models.endpoints(config, wanted.base_url, wanted.model)
    if not found:
        tried = tuple(f"{probe.HOST}:{port}" for port in probe.PORTS)
        raise ServerNotFound(tried, start_command(Dialect.LLAMA_CPP))
    chosen = [replace(each, token_budget=wanted.tokens or each.token_budget) for each in found]
    for each in chosen:
        if each.remote and each.token_budget is None:
            raise FixBudgetMissing(each.base_url)
    return Servers(chosen, wanted.context, environ)
