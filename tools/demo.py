"""The main job on real projects: record, break something, ask, run only what is at risk.

    python tools/demo.py [click|jinja2 ...]

For each subject: download its source distribution by version and hash, record its test suite with
``pytest --tdad-map``, plant a fault, let ``tdad impact`` say which tests it puts at risk and why,
run just those with ``pytest --tdad-select``, and then run everything to see whether a test that
fails was missed. Exits with 1 if one was, or if the fault was not caught.

Downloads and the subjects' environment are kept in ``.demo/``, so a second run needs no network.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / ".demo"
OUTCOMES = DEMO / "outcomes.json"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
PYTHON = DEMO / "env" / SCRIPTS / "python"
TDAD = [sys.executable, "-m", "tdad"]
"""The program from our own environment: one subject is click, which tdad itself runs on."""

Command = list[str | Path]

# click 8.1.8 treats warnings as errors, and pytest 9 warns about its tests.
TEST_TOOLS = ("pytest>=8.2,<9", "trio")


@dataclass(frozen=True, slots=True)
class Subject:
    """A project, and a fault to plant in it: ``before`` becomes ``after``, once, in ``file``."""

    name: str
    version: str
    sha256: str
    file: str
    before: str
    after: str
    story: str

    @property
    def archive(self) -> Path:
        """The source distribution."""
        return DEMO / "download" / f"{self.name}-{self.version}.tar.gz"

    @property
    def folder(self) -> Path:
        """The unpacked project."""
        return DEMO / "subjects" / self.name


SUBJECTS = (
    Subject(
        name="click",
        version="8.1.8",
        sha256="ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a",
        file="src/click/types.py",
        before="normed_value = normed_value.casefold()",
        after="normed_value = normed_value.swapcase()",
        story="a method body: Choice compares the value in the wrong case",
    ),
    Subject(
        name="jinja2",
        version="3.1.6",
        sha256="0137fb05990d35f1275a587e9aee6d56da821fc83491a0fb838183be43f66d6d",
        file="src/jinja2/utils.py",
        before="[a-z]{2,63}  # basic tld",
        after="[a-z]{4,63}  # basic tld",
        story="a module-level constant, which no test executes: urlize no longer knows .com",
    ),
)


class DemoError(Exception):
    """What was promised did not happen."""


@dataclass(frozen=True, slots=True)
class Run:
    """One pytest run: node ids, and how long it took."""

    ran: frozenset[str]
    failed: frozenset[str]
    seconds: float


def main(names: list[str]) -> int:
    """Run the demo on the named subjects, by default on all, and return an exit code."""
    subjects = [subject for subject in SUBJECTS if not names or subject.name in names]
    started = time.monotonic()
    try:
        download(subjects)
        for subject in subjects:
            unpack(subject)
        build_environment(subjects)
        for subject in subjects:
            demonstrate(subject)
    except DemoError as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    print(f"\nNothing was missed. The demo took {time.monotonic() - started:.0f} s.")
    return 0


def download(subjects: list[Subject]) -> None:
    """Fetch the archives that are not there yet; pip refuses what does not have its hash."""
    missing = [subject for subject in subjects if not intact(subject)]
    if not missing:
        return
    (DEMO / "download").mkdir(parents=True, exist_ok=True)
    pins = DEMO / "download" / "pins.txt"
    pins.write_text(
        "".join(f"{each.name}=={each.version} --hash=sha256:{each.sha256}\n" for each in missing)
    )
    options = ["--no-deps", "--require-hashes", "--no-binary", ",".join(s.name for s in missing)]
    pip: Command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
    ]
    run([*pip, *options, "--dest", DEMO / "download", "--requirement", pins])
    for subject in missing:
        if not intact(subject):
            raise DemoError(f"{subject.archive} is not what was asked for")


def intact(subject: Subject) -> bool:
    """Tell whether the archive is there and is the pinned one."""
    if not subject.archive.exists():
        return False
    return hashlib.sha256(subject.archive.read_bytes()).hexdigest() == subject.sha256


def unpack(subject: Subject) -> None:
    """Make ``subject.folder`` a fresh git repository with one commit."""
    shutil.rmtree(subject.folder, ignore_errors=True)
    staging = DEMO / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    with tarfile.open(subject.archive) as archive:
        archive.extractall(staging, filter="data")
    (inside,) = staging.iterdir()
    subject.folder.parent.mkdir(parents=True, exist_ok=True)
    inside.rename(subject.folder)
    staging.rmdir()
    identity = ["-c", "user.name=demo", "-c", "user.email=demo@localhost"]
    plain = ["-c", "commit.gpgsign=false", "-c", "core.hooksPath=.no-hooks"]
    run(["git", "init", "--quiet"], subject.folder)
    run(["git", "add", "--all"], subject.folder)
    message = f"{subject.name} {subject.version}"
    run(["git", *identity, *plain, "commit", "--quiet", "-m", message], subject.folder)


def build_environment(subjects: list[Subject]) -> None:
    """One environment with pytest, tdad and the subjects, all editable; built once."""
    stamp = DEMO / "env" / "demo-stamp"
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = repr((sys.version, ROOT.as_posix(), pyproject, TEST_TOOLS, subjects))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("Creating the subjects' environment in .demo/env (once) ...", flush=True)
    run([sys.executable, "-m", "venv", "--clear", DEMO / "env"])
    editable = [part for each in subjects for part in ("-e", str(each.folder))]
    pip: Command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, *TEST_TOOLS, "-e", ROOT, *editable])
    stamp.write_text(wanted, encoding="utf-8")


def demonstrate(subject: Subject) -> None:
    """Record, plant the fault, ask, select, and check against the whole suite."""
    title(f"{subject.name} {subject.version}")
    recorded = pytest(subject, "--tdad-map")
    print(f"   {len(recorded.ran)} tests recorded in {recorded.seconds:.1f} s")

    title(f"a fault is planted: {subject.story}")
    plant(subject)
    show(["git", "--no-pager", "diff", "--unified=0"], subject.folder)
    started = time.monotonic()
    show([*TDAD, "impact", "--limit", "5"], subject.folder)
    asked_s = time.monotonic() - started

    title("only the tests at risk")
    selected = pytest(subject, "--tdad-select")
    title("the whole suite, to check")
    whole = pytest(subject)
    judge(subject, recorded, selected, whole)
    print(f"   tdad impact answered in {asked_s:.1f} s")


def judge(subject: Subject, recorded: Run, selected: Run, whole: Run) -> None:
    """Print what was saved.

    Raises:
        DemoError: a failing test was not selected, or the fault was not caught.
    """
    broken = whole.failed - recorded.failed
    missed = whole.failed - selected.failed
    if not broken:
        raise DemoError(f"{subject.name}: no test catches the fault")
    if missed:
        raise DemoError(f"{subject.name}: missed {', '.join(sorted(missed))}")
    print(f"\n   {len(broken)} tests catch the fault, all of them among the selected.")
    print(
        f"   Selected {len(selected.ran)} of {len(whole.ran)} tests"
        f" ({1 - len(selected.ran) / len(whole.ran):.1%} saved),"
        f" {selected.seconds:.1f} s instead of {whole.seconds:.1f} s."
    )


def plant(subject: Subject) -> None:
    """Put the fault into the working tree."""
    path = subject.folder / subject.file
    text = path.read_text(encoding="utf-8")
    if text.count(subject.before) != 1:
        raise DemoError(f"{path} does not hold the line to break exactly once")
    path.write_text(text.replace(subject.before, subject.after), encoding="utf-8")


def pytest(subject: Subject, *options: str) -> Run:
    """Run the subject's tests and see how each ended; failing tests are no error."""
    OUTCOMES.unlink(missing_ok=True)
    command: Command = [PYTHON, "-m", "pytest", "-q", "--tb=no", "-p", "demo_failures", *options]
    print(f"$ pytest -q --tb=no {' '.join(options)}".rstrip(), flush=True)
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=subject.folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    print(indented(last_lines(done.stdout)))
    if done.returncode not in {0, 1} or not OUTCOMES.exists():
        raise DemoError(f"pytest could not run:\n{done.stdout}{done.stderr}")
    found = json.loads(OUTCOMES.read_text(encoding="utf-8"))
    return Run(frozenset(found["ran"]), frozenset(found["failed"]), seconds)


def environment() -> dict[str, str]:
    """The same for every command: click's tests read all variables, so a new one puts them at risk."""
    return os.environ | {
        "PYTHONPATH": str(ROOT / "tools"),
        "DEMO_FAILURES": str(OUTCOMES),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def last_lines(output: str) -> str:
    """What pytest says after the dots, without its list of failures."""
    lines = [line for line in output.splitlines() if line.strip()]
    return "\n".join(line for line in lines[-8:] if "%]" not in line)


def show(command: list[str], folder: Path) -> None:
    """Run a command as a user would see it."""
    words = ["tdad", *command[len(TDAD) :]] if command[: len(TDAD)] == TDAD else command
    print(f"$ {' '.join(words)}", flush=True)
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    print(indented(done.stdout + done.stderr))
    if done.returncode:
        raise DemoError(f"{' '.join(words)} ended with {done.returncode}")


def run(command: Command, folder: Path = ROOT) -> None:
    """Run a command that has to work."""
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DemoError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


def title(text: str) -> None:
    """A heading."""
    print(f"\n== {text}", flush=True)


def indented(text: str) -> str:
    """``text`` set off from what the demo itself says."""
    return "\n".join(f"   {line}" for line in text.rstrip().splitlines())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
