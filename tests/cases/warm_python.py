"""Interpreters that start warm: a server that has pytest and tdad imported, and forks for every run that it is asked for.

Two thirds of the time of a case went into starting Python three times. A fork runs ``python -m pytest`` as a new
process does: in its own process, with its own arguments, environment, folder and search path, and nothing of the
project imported. What only a new interpreter shows is tested in ``tests/plugin`` and ``tests/e2e``.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import tdad

WARM = (
    "pytest", "_pytest.doctest", "_pytest.junitxml", "_pytest.unittest", "_pytest.assertion.rewrite", "_pytest.tmpdir",
    "_pytest.monkeypatch", "_pytest.skipping", "_pytest.terminal", "coverage", "libcst", "sqlite3", "unittest.mock",
    "_pytest.faulthandler", "_pytest.helpconfig", "_pytest.pastebin", "_pytest.setuponly", "_pytest.setupplan",
    "_pytest.threadexception", "_pytest.tracemalloc", "_pytest.unraisableexception", "_pytest.warnings", "libcst.native",
    "tdad.workflows.recording", "tdad.workflows.select", "tdad.workflows.summary", "tdad.workflows.parse_worker",
    "tdad.workflows.elsewhere", "tdad.workflows.garbage", "tdad.workflows.index", "tdad.workflows.testmap",
    "tdad.report.testmap", "tdad.repo", "tdad.source", "tdad.source.indexing", "tdad.source.compare", "tdad.store.save",
)  # fmt: skip
TIMEOUT_S = 120


@dataclass
class WarmPython:
    """A running server. Not on Windows, which has no fork."""

    scratch: Path
    """An empty folder for what the runs print."""
    _process: subprocess.Popen[str] | None = field(default=None)
    _runs: int = 0

    def run_module(
        self, arguments: Sequence[str], cwd: Path, environ: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """``python -m *arguments``, in that folder and exactly that environment."""
        self._runs += 1
        files = [self.scratch / f"{self._runs}.{name}" for name in ("out", "err")]
        request = {
            "arguments": list(arguments),
            "cwd": str(cwd),
            "environ": dict(environ),
            "files": list(map(str, files)),
        }
        server = self._server()
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        printed = [path.read_text(encoding="utf-8", errors="replace") for path in files]
        return subprocess.CompletedProcess(list(arguments), status, *printed)

    def _server(self) -> subprocess.Popen[str]:
        if self._process is None:
            environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
            environ["PYTHONPATH"] = str(Path(tdad.__file__).parents[1])
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environ,
            )
        return self._process

    def close(self) -> None:
        """End the server."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=10)


def serve(requests: IO[str]) -> None:
    """Fork for each request, and say how the fork ended."""
    for name in WARM:
        importlib.import_module(name)
    # The collections that pytest asks for look at what a run makes, not at what was there before it.
    gc.freeze()
    installed = sys.path[1:]
    for line in iter(requests.readline, ""):
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(request, installed)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(request: dict[str, Any], installed: list[str]) -> None:
    """Run the request as ``python -m`` does; does not return."""
    signal.alarm(TIMEOUT_S)
    out, err = (os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for name in request["files"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    for place, descriptor in enumerate((nothing, out, err)):
        os.dup2(descriptor, place)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    path = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:] = [os.getcwd(), *path, *installed]
    sys.path_importer_cache.clear()
    module, *sys.argv[1:] = request["arguments"]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    serve(sys.stdin)
