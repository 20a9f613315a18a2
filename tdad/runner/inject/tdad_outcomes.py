"""For ``pytest -p tdad_outcomes``: writes how every test ended, as it ends, to a file; ends tests that take too long.

Runs in the interpreter of the project: standard library and pytest only, Python 3.8 syntax. ``TDAD_OUTCOMES`` holds the
settings as JSON; they are taken out of the environment again, so that the tests see the one they would see without us.

One JSON object a line: ``{"start": id}``, ``{"report": id, "when", "outcome", "s", "xfail", "late"}``,
``{"uncollected": id, "why"}``, ``{"foreign": [path]}``, ``{"end": exit code, "rootdir": path}``.
"""

import json
import os
import sys

import pytest
from tdad_limits import LATE, limited

pytest_plugins = ["tdad_calm"]

_VARIABLE = "TDAD_OUTCOMES"
_PYTHONPATH = "PYTHONPATH"
_PATIENCE = ((20, 1.0), (3, 5.0))
"""After so many tests that were too late, those of which nothing is known get so many seconds: something is stuck."""


def _settings():
    text = os.environ.pop(_VARIABLE, None)
    if text is None:
        return None
    settings = json.loads(text)
    if settings["pythonpath"]:
        os.environ[_PYTHONPATH] = settings["pythonpath"]
    else:
        os.environ.pop(_PYTHONPATH, None)
    return settings


_taken = _settings()


def pytest_configure(config):
    """Begin; a worker of xdist gets the settings from its controller."""
    worker = getattr(config, "workerinput", None)
    settings = _taken if worker is None else worker.get(_VARIABLE)
    if settings and not config.pluginmanager.hasplugin("tdad-outcomes"):
        config.pluginmanager.register(
            Outcomes(config, settings, worker is not None), "tdad-outcomes"
        )


class Outcomes:
    """The hooks of one process."""

    def __init__(self, config, settings, worker):
        self.config = config
        self.settings = settings
        self.worker = worker
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self.file = os.open(settings["file"], flags, 0o600)
        self.late = 0
        self.limits = {}
        if settings["limits"]:
            with open(settings["limits"], encoding="utf-8") as limits:
                self.limits = json.load(limits)

    def write(self, **entry):
        """Append one line in one system call: several processes write."""
        os.write(self.file, json.dumps(entry).encode("ascii") + b"\n")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        """Hand the settings to a worker of xdist."""
        node.workerinput[_VARIABLE] = self.settings

    def pytest_runtest_logstart(self, nodeid):
        """Note what begins: a test that never ends was at least started."""
        if not self.worker:
            self.write(start=nodeid)

    def pytest_runtest_logreport(self, report):
        """Note how one phase ended."""
        if self.worker:
            return
        late = any(name == LATE for name, _ in getattr(report, "user_properties", ()))
        self.write(
            report=report.nodeid,
            when=str(report.when),
            outcome=report.outcome,
            s=getattr(report, "duration", 0.0),
            xfail=hasattr(report, "wasxfail"),
            late=late,
        )

    def pytest_collectreport(self, report):
        """Note what cannot be collected."""
        if report.failed and not self.worker:
            why = str(report.longrepr).strip().rpartition("\n")[2]
            self.write(uncollected=report.nodeid, why=why[:300])

    def pytest_sessionfinish(self, session, exitstatus):
        """Note the end, and which modules came out of a tree that is not the one under test."""
        root = (
            os.path.join(self.settings["foreign_root"], "")
            if self.settings["foreign_root"]
            else ""
        )
        foreign = []
        ours = os.path.dirname(os.path.realpath(__file__))  # where tdad works on its own folder
        for module in list(sys.modules.values()):
            name = getattr(module, "__file__", None)
            real = os.path.realpath(name) if root and isinstance(name, str) else ""
            if root and real.startswith(root) and os.path.dirname(real) != ours:
                foreign.append(real[len(root) :])
        if foreign:
            self.write(foreign=sorted(foreign))
        if not self.worker:
            self.write(end=int(exitstatus), rootdir=str(self.config.rootpath))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        """End a test that takes much longer than it ever did."""
        limit = self.limits.get(item.nodeid)
        if limit is None:
            patience = [most for late, most in _PATIENCE if self.late >= late]
            limit = min([self.settings["limit_s"], *patience[:1]])
        with limited(item, limit):
            yield
        self.late += any(name == LATE for name, _ in item.user_properties)
