"""What the accuracy benchmark needs, made once under ``.bench/accuracy/``: one environment, the subjects, their past.

Each subject is a git repository of its own, installed editable, so that what is changed there is what its tests import.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bench_setup import BENCH, DOWNLOADS, ROOT, SCRIPTS, SUBJECTS, TOOLS, find_interpreters
from subjects import Archive, download, run, unpack

ACCURACY = BENCH / "accuracy"
MINOR = "3.13"
NAMES = ("itsdangerous", "click", "jinja2", "networkx")
WORKERS = {"networkx": 2}
"""Processes for one run of a suite; 1 where the suite is short."""
OPTIONS: dict[str, tuple[str, ...]] = {"networkx": ("-c", "pyproject.toml")}
"""Options of pytest. A project that does not configure it would get the configuration of a folder around it."""
LIMIT_S = {"itsdangerous": 5, "click": 5, "jinja2": 5, "networkx": 60}
"""Seconds of the processor after which a test counts as hanging."""
XDIST = "pytest-xdist>=3.6,<4"
ASIDE = (".tdad*", ".testmondata*", ".coverage*", ".outcomes*", "__pycache__", ".pytest_cache")
"""What measuring leaves in a subject; git does not see it."""

PAST = {
    "itsdangerous": (
        Archive(
            "itsdangerous",
            "2.1.2",
            "5dbbc68b317e5e42f327f9021763545dc3fc3bfe22e6deb96aaf1fc38874156a",
        ),
        Archive(
            "itsdangerous",
            "2.0.1",
            "9e724d68fc22902a1435351f84c3fb8623f303fffcc566a4cb952df8c572cff0",
        ),
        Archive(
            "itsdangerous",
            "1.1.0",
            "321b033d07f2a4136d3ec762eac9f16a10ccd60f53c0c91af90217ace7ba1f19",
        ),
    ),
    "click": (
        Archive(
            "click", "8.1.7", "ca9853ad459e787e2192211578cc907e7594e294c7ccc834310722b41b9ca6de"
        ),
        Archive(
            "click", "8.1.6", "48ee849951919527a045bfe3bf7baa8a959c423134e1a5b98c05c20ba75a1cbd"
        ),
        Archive(
            "click", "8.1.3", "7682dc8afb30297001674575ea00d1814d808d6a36af415a82bd481d37ba7b8e"
        ),
        Archive(
            "click", "8.1.0", "977c213473c7665d3aa092b41ff12063227751c41d7b17165013e10069cc5cd2"
        ),
        Archive(
            "click", "8.0.4", "8458d7b1287c5fb128c90e23381cf99dcde74beaf6c7ff6384ce84d6fe090adb"
        ),
    ),
    "jinja2": (
        Archive(
            "jinja2", "3.1.5", "8fefff8dc3034e27bb80d67c671eb8a9bc424c0ef4c0826edbff304cceff43bb"
        ),
        Archive(
            "jinja2", "3.1.4", "4a3aee7acbbe7303aede8e9648d13b8bf88a429282aa6122a993f0ac800cb369"
        ),
        Archive(
            "Jinja2", "3.1.3", "ac8bd6544d4bb2c9792bf3a159e80bba8fda7f07e81bc3aed565432d5925ba90"
        ),
        Archive(
            "Jinja2", "3.1.2", "31351a702a408a9e7595a8fc6150fc3f43bb6bf7e319770cbc0db9df9437e852"
        ),
        Archive(
            "Jinja2", "3.1.0", "a2f09a92f358b96b5f6ca6ecb4502669c4acb55d8733bbb2b2c9c4af5564c605"
        ),
        Archive(
            "Jinja2", "3.0.3", "611bb273cd68f3b993fabdc4064fc858c5b47a973cb5aa7999ec1ba405c87cd7"
        ),
    ),
    "networkx": (
        Archive(
            "networkx", "3.4.1", "f9df45e85b78f5bd010993e897b4f1fdb242c11e015b101bd951e5c0e29982d8"
        ),
        Archive(
            "networkx", "3.4", "1269b90f8f0d3a4095f016f49650f35ac169729f49b69d0572b2bb142748162b"
        ),
        Archive(
            "networkx", "3.3", "0c127d8b2f4865f59ae9cb8aafcd60b5c70f3241ebd66f7defad7c4ab90126c9"
        ),
        Archive(
            "networkx", "3.2.1", "9f1bb5cf3409bf324e0a722c20bdb4c20ee39bf1c30ce8ae499c8502b0b5e0c6"
        ),
    ),
}
"""Earlier releases, newest first: where historical changes come from."""


class NoPythonError(Exception):
    """The interpreter that the benchmark is made for is not here."""


def project(name: str) -> Path:
    """Return where a subject is changed and tested."""
    return ACCURACY / "subjects" / name


def python() -> Path:
    """Return the interpreter of the subjects' environment."""
    return ACCURACY / f"env-{MINOR}" / SCRIPTS / "python"


def prepare(names: list[str]) -> None:
    """Download and unpack what is not there yet, and build the environment.

    Raises:
        SubjectError: a command failed.
        NoPythonError: there is no such interpreter.
    """
    for name in names:
        archive = SUBJECTS[name]
        download([archive], DOWNLOADS)
        for past in PAST[name]:
            download([past], DOWNLOADS)
        if not (project(name) / ".git").is_dir():
            unpack(archive, DOWNLOADS, project(name))
            exclude = project(name) / ".git" / "info" / "exclude"
            exclude.write_text("".join(f"{pattern}\n" for pattern in ASIDE), encoding="utf-8")
    _build(names)


def _build(names: list[str]) -> None:
    """One environment for all subjects; a subject that is new in it is added."""
    found = find_interpreters([MINOR])
    if not found:
        raise NoPythonError(f"Python {MINOR} is not on PATH, and neither pyenv nor uv has it")
    stamp = ACCURACY / f"env-{MINOR}" / "stamp"
    wanted = repr((ROOT.as_posix(), TOOLS, XDIST))
    lines = stamp.read_text(encoding="utf-8").splitlines() if stamp.exists() else []
    pip: list[str | Path] = [python(), "-m", "pip", "install", "--quiet"]
    pip.append("--disable-pip-version-check")
    if lines[:1] != [wanted]:
        run([found[MINOR], "-m", "venv", "--clear", ACCURACY / f"env-{MINOR}"])
        run([*pip, *TOOLS, XDIST, "markupsafe", "-e", ROOT])
        lines = [wanted]
    new = [name for name in names if name not in lines[1:]]
    for name in new:
        run([*pip, "--no-deps", "-e", project(name)])
    stamp.write_text("\n".join([*lines, *new]), encoding="utf-8")


def pytest(name: str) -> list[str | Path]:
    """Return the command that runs a subject's tests, quietly."""
    return [python(), "-m", "pytest", "-q", *OPTIONS.get(name, ())]


def surroundings(name: str) -> dict[str, str]:
    """Return the variables for every run of a subject: the same each time, since some tests read all of them."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
    variables = {each: os.environ[each] for each in kept if each in os.environ}
    return variables | {
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(ROOT / "tools"),
        "ACCURACY_OUTCOMES": str(outcomes_file(name)),
        "ACCURACY_LIMIT_S": str(LIMIT_S[name]),
        "TESTMON_DATAFILE": str(project(name) / ".testmondata"),
    }


def outcomes_file(name: str) -> Path:
    """Return where a run of a subject writes how its tests ended."""
    return ACCURACY / f"outcomes-{name}.json"


def put_back(name: str) -> None:
    """Undo what a run that was killed left in a subject.

    Raises:
        SubjectError: git failed.
    """
    if run(["git", "status", "--porcelain"], project(name)).strip():
        run(["git", "reset", "--hard", "--quiet"], project(name))
        run(["git", "clean", "-fdq"], project(name))


def past_folder(archive: Archive) -> Path:
    """Return where an earlier release is unpacked."""
    folder = ACCURACY / "past" / f"{archive.name.lower()}-{archive.version}"
    if not folder.is_dir():
        unpack(archive, DOWNLOADS, folder)
        shutil.rmtree(folder / ".git")
    return folder
