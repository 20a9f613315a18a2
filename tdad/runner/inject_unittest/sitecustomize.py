"""Says how unittest's tests end, to a pipe, in sealed messages; then the user's own ``sitecustomize`` runs.

Found through ``PYTHONPATH`` by the process that a runner is started as (``python -m unittest``, Django's
``runtests.py``, ``manage.py test``). Standard library only, Python 3.6 syntax. Every result object of unittest is
listened to; tests that a runner gives to other processes are told by what it tells its own result.
"""

import os
import sys
import time


def _listen():
    here = os.path.dirname(os.path.abspath(__file__))
    inject = os.path.join(os.path.dirname(here), "inject")
    if os.environ.get("TDAD_WITNESS") is None:
        return
    sys.path.insert(0, inject)
    try:
        import tdad_pipe
    finally:
        sys.path.remove(inject)
    settings, say = tdad_pipe.take()
    import unittest

    _Told(settings, say, unittest).put_in()


class _Told:
    """Wraps the methods of ``unittest.TestResult``: subclasses call them, or do not report at all."""

    def __init__(self, settings, say, unittest):
        self.say = say
        self.unittest = unittest
        self.root = os.path.realpath(settings["root"])
        self.own = settings["own"]
        self.began = {}
        self.failed = set()
        self.outer = None
        """The result that tests under way are told to: runs that a test makes inside itself have others."""
        self.open = 0
        self.ends = 0
        self.ended = False

    def put_in(self):
        """Wrap."""
        result = self.unittest.TestResult
        self.say(begin="unittest", python=sys.version.split()[0])
        self.wrap(result, "startTest", self.start)
        self.wrap(result, "stopTest", self.stop)
        self.wrap(result, "addSuccess", lambda test: self.phase(test, "passed"))
        self.wrap(result, "addError", lambda test, err: self.phase(test, "failed", err))
        self.wrap(result, "addFailure", lambda test, err: self.phase(test, "failed", err))
        self.wrap(result, "addSkip", lambda test, why: self.phase(test, "skipped", why=why))
        self.wrap(
            result,
            "addExpectedFailure",
            lambda test, err: self.phase(test, "skipped", err, xfail=True),
        )
        self.wrap(
            result,
            "addUnexpectedSuccess",
            lambda test: self.phase(test, "failed", why="[XPASS(strict)]"),
        )
        self.wrap(result, "addSubTest", self.sub)
        self.wrap(result, "stopTestRun", self.end)

    def wrap(self, result, name, then):
        """Have ``then`` called with the arguments of a method."""
        method = getattr(result, name)

        def wrapped(self_, *args, **kwargs):
            try:
                if self.listens(self_):
                    then(*args, **kwargs)
            except Exception as error:  # noqa: BLE001  # the runner must run, and silence is no pass
                self.say(trouble="%s: %s" % (name, error))
            return method(self_, *args, **kwargs)

        setattr(result, name, wrapped)

    def listens(self, result):
        """A suite that tests a runner of tests runs some, and their ends are its own affair."""
        if not self.open:
            self.outer = result
        return result is self.outer

    def name(self, test):
        """``path::Class::method``; of what is no test of a file its own name."""
        kind = type(test)
        module = sys.modules.get(kind.__module__)
        file = getattr(module, "__file__", None)
        method = getattr(test, "_testMethodName", None)
        if kind.__module__.startswith("unittest.") or not file or not method:
            return str(test.id())
        path = os.path.relpath(os.path.realpath(file), self.root).replace(os.sep, "/")
        return "::".join([path, *kind.__qualname__.split("."), method])

    def start(self, test):
        """One test begins."""
        self.open += 1
        if self.broken(test):
            return
        name = self.name(test)
        self.began[name] = time.perf_counter()
        self.failed.discard(name)
        self.say(start=name)

    def broken(self, test):
        """What unittest makes of a module that it cannot import, or a name that is not there."""
        return type(test).__name__ in ("_FailedTest", "ModuleImportFailure", "LoadTestsFailure")

    def phase(self, test, outcome, err=None, why="", xfail=False):
        """One test ended so."""
        text, site = self.looked(err) if err is not None else (why, None)
        if type(test).__name__ == "_ErrorHolder":
            what, _, where = str(test.id()).partition(" (")
            if outcome == "skipped":
                return  # a whole class or module: none of its tests begins
            if what.startswith("setUp"):  # none of its tests begins, either
                self.ends = 1
                self.say(uncollected=where.rstrip(")"), why=text)
                return
        if self.broken(test):
            if "AttributeError" not in text:
                self.say(uncollected=str(test.id()).rpartition("._FailedTest.")[2], why=text)
            return
        name = self.name(test)
        if outcome == "passed" and name in self.failed:
            return
        if outcome == "failed":
            self.failed.add(name)
            self.ends = 1
        spent = time.perf_counter() - self.began.get(name, time.perf_counter())
        self.say(
            report=name,
            when="call",
            outcome=outcome,
            s=spent,
            xfail=xfail,
            late=False,
            hidden=None,
            why=text,
            site=site,
        )

    def sub(self, test, subtest, err):
        """One part of a test ended."""
        if err is not None:
            self.phase(test, "failed", err)

    def stop(self, test):
        """One test is over."""
        self.open = max(0, self.open - 1)
        if not self.broken(test):
            name = self.name(test)
            self.say(
                report=name,
                when="teardown",
                outcome="passed",
                s=0.0,
                xfail=False,
                late=False,
                hidden=None,
                why="",
                site=None,
            )

    def looked(self, err):
        """(exception and text, innermost line of the project)."""
        if isinstance(err, str):
            return err[-2000:], None
        kind, value, trace = err
        try:
            text = "%s: %s" % (kind.__name__, value)
        except Exception:  # noqa: BLE001  # the project's own __str__ may raise anything
            text = kind.__name__
        site = None
        while trace is not None:
            file = os.path.realpath(trace.tb_frame.f_code.co_filename)
            if file.startswith(self.root + os.sep) and "site-packages" not in file:
                site = [os.path.relpath(file, self.root).replace(os.sep, "/"), trace.tb_lineno]
            trace = trace.tb_next
        return text[:2000], site

    def end(self):
        """The run is over; one that a test makes inside itself was not listened to."""
        if self.ended:
            return
        self.ended = True
        foreign = []
        for name in self.own:
            place = getattr(sys.modules.get(name), "__file__", None)
            if place and not os.path.realpath(place).startswith(self.root + os.sep):
                foreign.append("%s (%s)" % (name, place))
        if foreign:
            self.say(foreign=foreign)
        self.say(end=self.ends)


def _go():
    here = os.path.dirname(os.path.abspath(__file__))
    _listen()
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    sys.modules.pop("sitecustomize", None)


_go()
# Without one of the user's this raises the ImportError for which the site module looks: none is there.
import sitecustomize  # noqa: E402, F401  # after ours is out of the way, which is the point
