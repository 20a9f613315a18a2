"""From changes to tests at risk: the rules of ``docs/explanation/how-a-change-becomes-tests.md``.

``world`` is what is known. ``seeds`` says where each kind of change starts, and ``added``, ``annotated``, ``captures``,
``data``, ``docstrings`` and ``exports`` what is special about some. ``answer`` collects the tests that were reached and
ranks them; ``own`` adds those that are included for themselves, ``drift`` those that the environment concerns.

``spread`` follows one change until tests are reached. Its state is a ``search``: the ``hits``, each with its
``trails``, and the ``places`` that are still to be followed. From what was seen it goes on by ``executions`` (code),
``uses`` (files and the like) and ``caches`` (what ``memo`` finds to keep results); from what is only written by
``bindings`` (a name has another value), ``members`` (its class) and ``readers`` (a mention of a name). The other
modules answer questions that these have.
"""

from __future__ import annotations

from tdad.graph.impacts.answer import Question, impacts
from tdad.graph.impacts.newcomers import may_hold_new_tests
from tdad.graph.impacts.world import World

__all__ = ["Question", "World", "impacts", "may_hold_new_tests"]
