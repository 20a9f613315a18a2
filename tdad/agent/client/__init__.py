"""The client over HTTP. :mod:`tdad.agent.client.transport` is the only module that touches ``openai``."""

from tdad.agent.client.chat_client import ChatClient

__all__ = ["ChatClient"]
