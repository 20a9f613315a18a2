"""Code of a repository under test runs in here: writes only where it may, no network but loopback, no secrets.

Three steps, each a value that can be printed: :func:`choose` finds out how far this machine can confine a process
(:class:`Confinement`, with what it does not cover), a :class:`Policy` says what one run may do, and :func:`confined`
gives the command line that does it. Two runs that are compared must be confined alike, or the sandbox looks like a
regression.
"""

from tdad.runner.sandbox.choose import choose, chosen
from tdad.runner.sandbox.command import confined
from tdad.runner.sandbox.environment import environment
from tdad.runner.sandbox.policy import Confinement, Layer, Policy, Strictness

__all__ = [
    "Confinement",
    "Layer",
    "Policy",
    "Strictness",
    "choose",
    "chosen",
    "confined",
    "environment",
]
