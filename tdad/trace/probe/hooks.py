"""The pytest plugin of the probe: tells which test, fixture or collection node owns what runs.

Old-style wrappers (``hookwrapper=True``) on purpose: exceptions do not travel through them, so tracebacks stay as they
are, and they work with every pytest and pluggy in use.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, Generator, List, Optional, Set

import pytest

from .audit import READ
from .elsewhere import outside
from .environment import interpreter, modules, packages, plugins, search_path, system
from .items import NodeIds, function_of, scope_of, site_of
from .owners import COLLECT, FIXTURE, TEST
from .running import Instance, Test
from .session import Probe


def _is_foreign(impl: Any) -> bool:
    """Tell whether an implementation of a hook is neither pytest's nor the probe's."""
    module = getattr(impl.function, "__module__", None) or ""
    return not (module.startswith("_pytest.") or module == __name__)


class Recorder:
    """Switches owners as pytest goes along, and writes one record per finished test."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.full = True
        self._ids = NodeIds(probe.project.root)
        self._order: Dict[str, int] = {}
        self._collected: Set[str] = set()
        self._live: Dict[int, Instance] = {}
        self._test: Optional[Test] = None
        self._worker = False
        self._finished = 0
        self._facts: Dict[str, Any] = {}
        self._announced: Any = None
        self._next: Dict[str, Any] = {}
        self._parent: Any = None
        self._above: List[str] = []

    def pytest_configure(self, config: Any) -> None:
        """Learn where node ids start from."""
        self._ids.rootdir = str(getattr(config, "rootpath", config.rootdir))
        self._worker = hasattr(config, "workerinput")
        if not self._worker:
            try:
                self._facts = {
                    "python": interpreter(),
                    "platform": system(),
                    "packages": packages(),
                    "plugins": plugins(config.pluginmanager),
                    "search": search_path(),
                }
                self.probe.header(environment=self._facts)
            except Exception:
                self.probe.failed()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: Any) -> Generator[None, Any, None]:
        """What collecting a node runs belongs to the node."""
        name = self._ids.canonical(collector.nodeid)
        buffer = self.probe.begin(COLLECT, name)
        yield
        self.probe.owners.collect(buffer)
        self.probe.audit.settle()
        if buffer:
            self._collected.add(name)
        self.probe.end(buffer)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_generate_tests(self, metafunc: Any) -> Generator[None, Any, None]:
        """What computes the parameters and ids of one test function belongs to that function.

        Only where somebody may: each switch makes the engine see all code again.
        """
        definition = metafunc.definition
        hook = metafunc.config.hook.pytest_generate_tests
        if not (
            any(definition.iter_markers("parametrize"))
            or hasattr(metafunc.module, "pytest_generate_tests")
            or hasattr(metafunc.cls, "pytest_generate_tests")
            or any(map(_is_foreign, hook.get_hookimpls()))
        ):
            yield
            return
        name = self._ids.canonical(definition.nodeid)
        buffer = self.probe.begin(COLLECT, name)
        yield
        self.probe.owners.collect(buffer)
        if buffer:
            self._collected.add(name)
        self.probe.end(buffer)

    def pytest_collection_finish(self, session: Any) -> None:
        """Remember the order of the tests."""
        self._order = {item.nodeid: index for index, item in enumerate(session.items)}

    def pytest_deselected(self, items: Any) -> None:
        """A test that is absent may still exist."""
        if items:
            self.full = False

    def pytest_collectreport(self, report: Any) -> None:
        """So may the tests of a file that cannot be collected."""
        if report.failed:
            self.full = False

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Generator[None, Any, None]:
        """What runs from here on belongs to the test."""
        test = self._begin(item)
        yield
        self._end(test, nextitem)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note how the phases of the running test end (the last attempt counts)."""
        test = self._test
        if test is None or report.nodeid != test.item.nodeid:
            return
        try:
            test.note(report)
            if report.when != "teardown":
                test.inherit(self._instances(test.item))
        except Exception:
            self.probe.failed()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, Any, None]:
        """What sets up a shared fixture instance belongs to the instance; others are part of their only test."""
        if fixturedef.scope == "function":
            yield
            return
        instance = self._instance(fixturedef, request)
        buffer = self.probe.begin(FIXTURE, instance.name)
        yield
        self.probe.end(buffer)
        try:
            request.addfinalizer(lambda: self._begin_teardown(fixturedef))
        except Exception:
            self.probe.failed()

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_post_finalizer(self, fixturedef: Any) -> None:
        """The instance is gone."""
        instance = self._live.get(id(fixturedef))
        if instance is not None and instance.teardown is not None:
            del self._live[id(fixturedef)]
            self.probe.end(instance.teardown)

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: Any, exitstatus: Any) -> Generator[None, Any, None]:
        """Write the rest, after everybody's clean-up and before anybody's summary."""
        yield
        probe = self.probe
        if probe.running:
            whole = self.full and not (session.shouldstop or session.shouldfail)
            scope: Optional[List[str]] = []
            if not self._worker:
                scope = scope_of(session.config, probe.project.root)
                whole = whole and scope is not None and self._finished >= len(self._order)
            probe.writer.add(
                {
                    "t": "end",
                    "exitstatus": int(exitstatus),
                    "full": whole,
                    "scope": scope or [],
                    "worker": self._worker,
                    "outside": self._outside(),
                }
            )
            probe.stop()
            if not self._worker:
                self._conclude()

    def _outside(self) -> Dict[str, str]:
        try:
            return outside(self.probe.project)
        except Exception:
            self.probe.failed()
            return {}

    def _conclude(self) -> None:
        """What only the process that controls the run can say, and only at its end."""
        try:
            tops = [name for name in list(sys.modules) if "." not in name]
            self._facts["modules"] = modules(tops)
            self.probe.digests()
            self.probe.header(environment=self._facts)
        except Exception:
            self.probe.failed()

    def _begin(self, item: Any) -> Test:
        try:
            if item is not self._announced:
                self._announce(item)
                self.probe.flush()
        except Exception:
            self.probe.failed()
        name = self._ids.canonical(item.nodeid)
        test = self._test = Test(item, self.probe.begin(TEST, name))
        return test

    def _announce(self, item: Any) -> None:
        """Say which test is next: if no more is heard of it, the process died in it."""
        filename = str(getattr(item, "path", None) or item.fspath)
        path, line, qualname = site_of(item, self.probe.project)
        self._announced = item
        self._next = {
            "t": "begin",
            "node_id": self._ids.canonical(item.nodeid),
            "path": self.probe.project.relative(filename) or filename,
            "site": [path, line],
            "qualname": qualname,
            "order": self._order.get(item.nodeid, -1),
        }
        self.probe.writer.add(self._next)

    def _end(self, test: Test, nextitem: Any) -> None:
        probe = self.probe
        self._test = None
        if hasattr(test.item, "dtest") and not str(test.item.fspath).endswith(".py"):
            test.buffer.used.add((READ, self._next["path"], 0))
        probe.end(test.buffer)
        if test.done:
            try:
                probe.writer.add(self._record(test))
                probe.emit(probe.base)
                self._announced = None
                if nextitem is not None:
                    self._announce(nextitem)
                probe.flush()
                self._finished += 1
            except Exception:
                probe.failed()

    def _record(self, test: Test) -> Dict[str, Any]:
        owners = [[FIXTURE, name] for name in test.owners]
        owners += [[COLLECT, name] for name in self._collectors(test.item)]
        return {  # the rest was said when it was announced
            "t": "test",
            "node_id": self._next["node_id"],
            "owners": sorted(owners),
            "status": test.status(),
            "duration_s": round(test.duration_s, 6),
        }

    def _collectors(self, item: Any) -> List[str]:
        """Return the nodes above the test whose collection ran something, and its function if that did."""
        parent = item.parent
        if parent is not self._parent:
            names = [self._ids.canonical(node.nodeid) for node in item.listchain()[:-1]]
            self._parent = parent
            self._above = [name for name in dict.fromkeys(names) if name in self._collected]
        function = self._ids.canonical(function_of(item))
        return [*self._above, function] if function in self._collected else self._above

    def _instance(self, fixturedef: Any, request: Any) -> Instance:
        baseid = self._ids.canonical(getattr(fixturedef, "baseid", "") or "")
        node = getattr(request, "node", None)
        nodeid = getattr(node, "nodeid", "")
        index = getattr(request, "param_index", 0)
        param = "[%d]" % index if hasattr(request, "param") else ""
        name = "%s::%s%s@%s" % (baseid, fixturedef.argname, param, self._ids.canonical(nodeid))
        instance = Instance(name, fixturedef.argname, getattr(fixturedef, "baseid", ""), nodeid)
        self._live[id(fixturedef)] = instance
        return instance

    def _begin_teardown(self, fixturedef: Any) -> None:
        instance = self._live.get(id(fixturedef))
        if instance is not None and instance.teardown is None:
            instance.teardown = self.probe.begin(FIXTURE, instance.name)

    def _instances(self, item: Any) -> List[str]:
        if not self._live:
            return []
        names = set(getattr(item, "fixturenames", ()))
        request = getattr(item, "_request", None)  # the only place that lists getfixturevalue()
        names.update(getattr(request, "fixturenames", ()))
        wanted = [instance for instance in self._live.values() if instance.argname in names]
        if not wanted:
            return []
        chain = {node.nodeid for node in item.listchain()}
        nodeid = item.nodeid
        return [
            instance.name
            for instance in wanted
            if instance.nodeid in chain and nodeid.startswith(instance.baseid)
        ]
