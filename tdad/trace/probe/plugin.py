"""For ``pytest -p tdad_probe.plugin``: records as ``TDAD_PROBE`` (JSON of ``Settings``) says, without tdad.

PYTEST_DONT_REWRITE: there is nothing to rewrite, and nothing is to be cached in tdad's own folder.
"""

from __future__ import annotations

from typing import Any

import pytest

from .children import settings_from_environment
from .hooks import Recorder
from .session import Settings, start

_NAME = "tdad-recorder"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: Any) -> None:
    """Start before the first conftest is imported."""
    _start(early_config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: Any) -> None:
    """Start at the latest now: xdist's workers load plugins after the conftests."""
    _start(config)


def _start(config: Any) -> None:
    text = settings_from_environment()
    if text and not config.pluginmanager.hasplugin(_NAME):
        probe = start(Settings.load(text))
        config.pluginmanager.register(Recorder(probe), _NAME)
