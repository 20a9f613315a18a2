"""TDAD: which tests does a change put at risk, best first, and why."""

__version__ = "0.1.0"
