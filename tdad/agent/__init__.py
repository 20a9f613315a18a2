"""The agent: a model behind an OpenAI-compatible server, and what is needed to talk to it.

``chat`` is the conversation: facts, and everything pure about it. ``servers`` finds servers and recognises what they
are. ``client`` talks to them; only it imports ``openai``. Imports run from ``client`` to ``servers`` to ``chat``.
``prompts`` writes what a model is told first; only it imports ``jinja2``.
"""
