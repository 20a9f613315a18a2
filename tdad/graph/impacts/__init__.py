"""From changes to tests at risk: the rules of ``docs/explanation/how-a-change-becomes-tests.md``.

``world`` is what is known, ``spread`` follows one change through it, ``seeds`` says where each kind of change starts,
``memo`` adds what caches hide, ``own`` adds the tests that are included for themselves, ``answer`` ranks.
"""

from __future__ import annotations

from tdad.graph.impacts.answer import Question, impacts
from tdad.graph.impacts.newcomers import may_hold_new_tests
from tdad.graph.impacts.world import World

__all__ = ["Question", "World", "impacts", "may_hold_new_tests"]
