"""For ``pytest -p tdad_witness``: chooses tests and says how each ended, to a pipe, in sealed messages.

Runs in the interpreter of the project: standard library and pytest only, Python 3.6 syntax. Messages: ``begin``,
``collected``, ``chosen``, ``sampled``, ``aliases``, ``start``, ``report``, ``uncollected``, ``foreign``, ``end``; see
``tdad.runner.witness_read``. How they get out is in ``tdad_pipe``.
"""

import os
import sys
import time

import pytest
from tdad_bodies import NEVER, bodies
from tdad_limits import LATE, limited
from tdad_pipe import VARIABLE, take
from tdad_wanted import Choice

pytest_plugins = ["tdad_calm"]

_LONGEST = 2000
_BATCH = 400
_HIDDEN = "tdad-hidden-failure"


_settings, _say = take()


def pytest_configure(config):
    """Begin; a worker of xdist gets the settings from its controller and says nothing by itself."""
    worker = getattr(config, "workerinput", None)
    settings = _settings if worker is None else worker.get(VARIABLE)
    if settings and not config.pluginmanager.hasplugin("tdad-witness"):
        say = _say if worker is None else None
        config.pluginmanager.register(Witness(config, settings, say), "tdad-witness")
        if settings["wanted"]["budget_s"] is not None:
            config.pluginmanager.register(Budget(settings["wanted"]["budget_s"]))


class Budget:
    """Begins no further test when the time is over; what fixtures opened is closed at the end of the session."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.began = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        """Say that the test is dealt with, so that pytest does not run it."""
        now = time.monotonic()
        if self.began is None:
            self.began = now
        return True if now - self.began > self.seconds else None


class Witness:
    """The hooks of one process."""

    def __init__(self, config, settings, say):
        self.config = config
        self.settings = settings
        self.say = say
        self.root = os.path.realpath(settings["root"])
        self.rootdir = os.path.realpath(str(getattr(config, "rootpath", None) or config.rootdir))
        self.choice = Choice(settings["wanted"])
        self.limits = settings["limits"]
        self.seen = {
            "collected": [],
            "chosen": [],
            "sampled": [],
            "aliases": [],
            "foreign": [],
            "strayed": [],
        }
        self.told = False
        self.raised = {}
        self.bodies = bodies()
        self.came = {}
        if say is not None:
            say(begin=pytest.__version__, python=sys.version.split()[0])

    def name(self, node_id):
        """Node id relative to our root, not to pytest's."""
        if self.root == self.rootdir:
            return node_id
        path, separator, rest = node_id.partition("::")
        whole = os.path.join(self.rootdir, path)
        return os.path.relpath(whole, self.root).replace(os.sep, "/") + separator + rest

    # ------------------------------------------------------------------------------------------------ xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        """Hand the settings to a worker of xdist."""
        node.workerinput[VARIABLE] = self.settings

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node, ids):
        """Note what the first worker is about to share out."""
        if not self.told:
            self.told = True
            self.batches("chosen", [self.name(node_id) for node_id in ids])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error):
        """Take over what a worker saw."""
        seen = getattr(node, "workeroutput", {}).get(VARIABLE)
        if seen and self.say is not None:
            self.tell(seen)

    def tell(self, seen):
        """Say what one process collected and imported."""
        for what in ("collected", "sampled", "aliases"):
            self.batches(what, seen[what])
        if seen["foreign"]:
            self.say(foreign=seen["foreign"][:50])
        if seen["strayed"]:
            self.say(strayed=seen["strayed"][:50])

    def batches(self, what, values):
        """Say a long list in several messages."""
        for first in range(0, len(values), _BATCH):
            self.say(**{what: values[first : first + _BATCH]})

    # ------------------------------------------------------------------------------------------------ hooks

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        """Keep what is wanted, in the order that is wanted."""
        named = [(self.name(item.nodeid), item) for item in items]
        for name, item in named:
            self.seen["collected"].append([name, (item.location[1] or 0) + 1])
        self.choice.match([name for name, _ in named])
        self.seen["aliases"] = [list(pair) for pair in self.choice.aliases.items()]
        kept, gone = [], []
        for name, item in named:
            wanted = self.choice.wanted(name)
            if not wanted and self.choice.sample and self.choice.drawn(name):
                self.seen["sampled"].append(name)
                wanted = True
            (kept if wanted else gone).append((name, item))
        kept = self.choice.arranged(kept)
        self.seen["chosen"] = [name for name, _ in kept]
        items[:] = [item for _, item in kept]
        if gone:
            config.hook.pytest_deselected(items=[item for _, item in gone])
        if self.say is not None:
            self.batches("chosen", self.seen["chosen"])
            self.tell(self.seen)

    def pytest_runtest_logstart(self, nodeid):
        """Note what begins: a test that never ends was at least started."""
        if self.say is not None:
            self.say(start=self.name(nodeid))

    @pytest.hookimpl(tryfirst=True)
    def pytest_itemcollected(self, item):
        """Note the function of a test."""
        self.bodies.watch(item)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item):
        """Watch the function of a test."""
        self.bodies.begin(item)
        self.came.pop(item.nodeid, None)
        yield
        self.came[item.nodeid] = self.bodies.over(item)

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        """Note what a test raised, before any hook around it can drop that."""
        self.raised.pop(pyfuncitem.nodeid, None)
        with self.bodies.around(pyfuncitem):
            outcome = yield
        error = outcome.excinfo
        if error is not None and not isinstance(
            error[1], (pytest.skip.Exception, pytest.xfail.Exception, pytest.exit.Exception)
        ):
            self.raised[pyfuncitem.nodeid] = error

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        """Note a failure that some other hook turned into a pass."""
        outcome = yield
        report = outcome.get_result()
        error = call.excinfo
        if call.when == "call" and item.nodeid in self.came:  # no part of it, as of subtests
            report.tdad_body = self.came[item.nodeid]  # goes through xdist, and into no file
        if call.when != "call" or report.outcome != "passed":
            return
        dropped = self.raised.pop(item.nodeid, None)
        if error is None:
            if dropped is not None and not hasattr(report, "wasxfail"):
                text = self.short(dropped[0], dropped[1])
                report.user_properties = [*report.user_properties, (_HIDDEN, text)]
            return
        excused = hasattr(report, "wasxfail") or getattr(error.value, "msg", None) == "[NOTRUN]"
        if not excused and not isinstance(
            error.value, (pytest.skip.Exception, pytest.exit.Exception)
        ):
            text = self.short(error.type, error.value)
            report.user_properties = [*report.user_properties, (_HIDDEN, text)]

    def short(self, kind, value):
        """Type and text of an exception, as far as the text can be had."""
        try:
            return ("%s: %s" % (kind.__name__, value))[:_LONGEST]
        except Exception:  # noqa: BLE001  # the project's own __str__ may raise anything
            return kind.__name__

    def pytest_runtest_logreport(self, report):
        """Note how one phase ended."""
        if self.say is None:
            return
        properties = dict(
            pair for pair in getattr(report, "user_properties", ()) if pair[0] in (LATE, _HIDDEN)
        )
        message, site = self.looked(report)
        self.say(
            report=self.name(report.nodeid),
            when=str(report.when),
            outcome=report.outcome,
            s=getattr(report, "duration", 0.0),
            xfail=hasattr(report, "wasxfail"),
            late=LATE in properties,
            hidden=properties.get(_HIDDEN),
            body=getattr(report, "tdad_body", self.untold(report)),
            why=(str(getattr(report, "wasxfail", "")) or message)[:_LONGEST],
            site=site,
        )

    def untold(self, report):
        """How far a test came whose report is not made as pytest makes them: by nobody who ran it."""
        return NEVER if report.when == "call" and self.bodies.watches(report.nodeid) else None

    def looked(self, report):
        """(what went wrong or why it was skipped, innermost line of the project or None)."""
        how = report.longrepr
        if isinstance(how, tuple) and len(how) == 3:
            return str(how[2]), None
        if how is None:
            return "", None
        crash = getattr(how, "reprcrash", None)
        places = []
        if crash is not None:
            places.append((crash.path, crash.lineno))
        trace = getattr(how, "reprtraceback", None)
        for entry in getattr(trace, "reprentries", ()):
            place = getattr(entry, "reprfileloc", None)
            if place is not None:
                places.append((place.path, place.lineno))
        sites = [site for site in map(self.site, places) if site]
        message = str(crash.message) if crash is not None else str(how).strip()[-_LONGEST:]
        return message, sites[-1] if sites else None

    def site(self, place):
        """[path relative to our root, line], if it is in the project."""
        path, line = place
        whole = os.path.realpath(os.path.join(str(self.config.invocation_params.dir), str(path)))
        if not whole.startswith(self.root + os.sep) or "site-packages" in whole:
            return None
        return [os.path.relpath(whole, self.root).replace(os.sep, "/"), line]

    def pytest_collectreport(self, report):
        """Note what cannot be collected."""
        if report.failed and self.say is not None:
            text = str(report.longrepr).strip()
            lines = [line for line in text.splitlines() if line.startswith("E ")]
            why = (lines or text.splitlines() or [""])[-1].lstrip("E ").strip()
            self.say(uncollected=self.name(report.nodeid), why=why[:_LONGEST])

    def pytest_sessionfinish(self, session, exitstatus):
        """Note the end, and which modules came out of a tree that is not the one under test."""
        self.seen["foreign"] = self.foreign()
        if self.say is None:
            getattr(self.config, "workeroutput", {})[VARIABLE] = self.seen
            return
        self.tell({**self.seen, "collected": (), "sampled": (), "aliases": ()})
        self.say(end=int(exitstatus))

    def foreign(self):
        """Modules that came out of ``foreign_root``, relative to it, and packages that are not the ones under test."""
        root = self.settings["foreign_root"]
        # who gates tdad from its own folder has what watches the tests in there
        ours = os.path.dirname(os.path.realpath(__file__))
        found = []
        for module in list(sys.modules.values()) if root else ():
            name = getattr(module, "__file__", None)
            if isinstance(name, str) and "site-packages" not in name:
                real = os.path.realpath(name)
                if real.startswith(os.path.join(root, "")) and os.path.dirname(real) != ours:
                    found.append(real[len(root) + 1 :])
        for name in self.settings["own"]:
            module = sys.modules.get(name)
            place = getattr(module, "__file__", None) or next(
                iter(getattr(module, "__path__", ())), None
            )
            if isinstance(place, str):
                real = os.path.realpath(place)
                if not real.startswith(self.root + os.sep):
                    found.append("%s (%s)" % (name, real))
                elif not real.startswith(os.path.join(self.root, *self.parts(name)) + os.sep):
                    place = os.path.relpath(real, self.root).replace(os.sep, "/")
                    self.seen["strayed"].append([name, place])
        return sorted(set(found))

    def parts(self, name):
        """Where the project has a package of its own, from the root on."""
        folder = self.settings["own"][name]
        return [*(folder.split("/") if folder != "." else ()), name]

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        """End a test that takes much longer than it ever did."""
        name = self.name(item.nodeid)
        with limited(item, self.limits.get(name, self.settings["limit_s"])):
            yield
