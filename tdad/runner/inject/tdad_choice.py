"""For ``pytest -p tdad_choice``: runs only the tests that are listed, and writes where and why each failure happened.

Runs in the interpreter of the project: standard library and pytest only, Python 3.8 syntax. ``TDAD_CHOICE`` holds the
settings as JSON and is taken out of the environment again: ``only`` (a file with node ids as a JSON list, relative to
``root``; empty: all tests), ``failures`` (a file to append to), ``root``.

One JSON object a line: ``{"failed": id, "message": text, "frames": [[path, line]], "output": text}``; frames are those
below ``root``, outermost first; the output is the end of what was printed and logged.
"""

import json
import os
import traceback

import pytest

_VARIABLE = "TDAD_CHOICE"
_LONGEST = 2000
_PRINTED = 800
_CAUSES = 8


def _settings():
    text = os.environ.pop(_VARIABLE, None)
    return None if text is None else json.loads(text)


_taken = _settings()


def pytest_configure(config):
    """Begin; a worker of xdist gets the settings from its controller."""
    worker = getattr(config, "workerinput", None)
    settings = _taken if worker is None else worker.get(_VARIABLE)
    if settings and not config.pluginmanager.hasplugin("tdad-choice"):
        config.pluginmanager.register(Choice(config, settings), "tdad-choice")


class Choice:
    """The hooks of one process."""

    def __init__(self, config, settings):
        self.config = config
        self.settings = settings
        self.root = os.path.realpath(settings["root"])
        self.only = None
        if settings["only"]:
            with open(settings["only"], encoding="utf-8") as only:
                self.only = set(json.load(only))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        """Hand the settings to a worker of xdist."""
        node.workerinput[_VARIABLE] = self.settings

    def place(self, node_id):
        """Node id relative to our root, not to pytest's."""
        path, separator, rest = node_id.partition("::")
        whole = os.path.join(os.path.realpath(str(self.config.rootpath)), path)
        return os.path.relpath(whole, self.root).replace(os.sep, "/") + separator + rest

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        """Keep what is wanted, in the order of the collection."""
        if self.only is None:
            return
        kept, gone = [], []
        for item in items:
            name = self.place(item.nodeid)
            wanted = name in self.only or name.partition("::")[0] in self.only
            (kept if wanted else gone).append(item)
        items[:] = kept
        if gone:
            config.hook.pytest_deselected(items=gone)

    def pytest_exception_interact(self, node, call, report):
        """Write where it happened, for tests and for what cannot be collected."""
        error = getattr(call.excinfo, "value", None)
        if error is None:
            return
        frames, message = [], ""
        chain = self.chain(error)
        for cause in chain:
            wrapper = isinstance(cause, pytest.Collector.CollectError) and len(chain) > 1
            message = message or ("" if wrapper else self.message(cause))
            frames = self.frames(cause) or frames
        entry = {
            "failed": self.place(node.nodeid),
            "message": message[:_LONGEST],
            "frames": frames[-30:],
            "output": self.output(report)[-_PRINTED:],
        }
        line = json.dumps(entry).encode("ascii") + b"\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        file = os.open(self.settings["failures"], flags, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)

    def chain(self, error):
        """The exception and what caused it, the cause last."""
        found = []
        while (
            error is not None and len(found) < _CAUSES and all(error is not one for one in found)
        ):
            found.append(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return found

    def message(self, error):
        """Type and text, as far as the text can be had."""
        try:
            return "%s: %s" % (type(error).__name__, error)
        except Exception:  # noqa: BLE001  # the project's own __str__ may raise anything
            return type(error).__name__

    def output(self, report):
        """What the test printed and logged."""
        sections = getattr(report, "sections", ())
        return "\n".join(text for name, text in sections if name.startswith("Captured"))

    def frames(self, error):
        """Lines of the project on the traceback, outermost first; of a syntax error the line itself."""
        found = []
        for frame, line in traceback.walk_tb(error.__traceback__):
            self.note(found, frame.f_code.co_filename, line)
        if isinstance(error, SyntaxError) and error.filename:
            self.note(found, error.filename, error.lineno or 1)
        return found

    def note(self, found, name, line):
        """Add one line if it is one of the project."""
        path = os.path.realpath(name)
        if not name.startswith("<") and path.startswith(self.root + os.sep):
            found.append([os.path.relpath(path, self.root).replace(os.sep, "/"), line])
