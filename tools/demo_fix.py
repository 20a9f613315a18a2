"""A real project is broken in a real way, and repaired: without any model, then by a model that edits what it is shown.

    python tools/demo_fix.py

click 8.1.8 gets two commits on top of its release: clean-ups that do no harm, and among them one slip. ``tdad fix``
finds the commit, and of all hunks the one to take back. Then the same repository is given to a model behind an
OpenAI-compatible server: the *oracle* of the tests, which knows the right patch and can only edit lines that it was
shown. Exits with 1 if a repair is not what it should be.

Everything is made in ``.demo/fix/``; a second run needs no network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from subjects import Archive, SubjectError, download, run, unpack

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / ".demo" / "fix"
PROJECT = DEMO / "click"
PYTHON = DEMO / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
CLICK = Archive(
    "click", "8.1.8", "ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a"
)
TOOLS = (
    "pytest>=8.2,<9",
)  # click 8.1.8 treats warnings as errors, and pytest 9 warns about its tests
IDENTITY = (
    "-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false",
    "-c", "core.hooksPath=.no-hooks",
)  # fmt: skip
WIDTH = 76


@dataclass(frozen=True, slots=True)
class Change:
    """In ``file``, ``before`` becomes ``after``, once."""

    file: str
    before: str
    after: str


SLIP = Change(
    "src/click/types.py",
    "            operator.ge if self.max_open else operator.gt\n",
    "            operator.gt if self.max_open else operator.ge\n",
)
COMMITS = (
    (
        "Tidy the number ranges and the tables",
        (
            Change(
                "src/click/types.py",
                "            operator.le if self.min_open else operator.lt\n        )(rv, self.min)\n",
                "            rv <= self.min if self.min_open else rv < self.min\n        )\n",
            ),
            SLIP,
            Change(
                "src/click/formatting.py",
                "            widths[idx] = max(widths.get(idx, 0), term_len(col))\n\n"
                "    return tuple(y for x, y in sorted(widths.items()))\n",
                "            length = term_len(col)\n"
                "            widths[idx] = max(widths.get(idx, 0), length)\n\n"
                "    return tuple(widths[idx] for idx in sorted(widths))\n",
            ),
        ),
    ),
    (
        "Prompts: no text is put together twice",
        (
            Change(
                "src/click/termui.py",
                "        prompt += f\" ({', '.join(map(str, type.choices))})\"\n",
                "        choices = \", \".join(map(str, type.choices))\n"
                "        prompt = f\"{prompt} ({choices})\"\n",
            ),
            Change(
                "src/click/utils.py",
                "    total_length = 0\n    last_index = len(words) - 1\n",
                "    last_index = len(words) - 1\n    total_length = 0\n",
            ),
        ),
    ),
)  # fmt: skip


class DemoError(Exception):
    """What was promised did not happen."""


def main() -> int:
    """Break, repair, break again, repair again; an exit code."""
    started = time.monotonic()
    try:
        prepare()
        good = break_it()
        fixed_without_a_model(good)
        fixed_by_the_oracle(good)
    except (DemoError, SubjectError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    print(f"\nRepaired twice. The demo took {time.monotonic() - started:.0f} s.")
    return 0


def prepare() -> None:
    """The project as it was released, and an environment with it."""
    download([CLICK], DEMO / "download")
    unpack(CLICK, DEMO / "download", PROJECT)
    (PROJECT / ".git/info/exclude").write_text("*.egg-info/\n__pycache__/\n.tdad/\n", "utf-8")
    stamp = DEMO / "env" / "stamp"
    wanted = repr((sys.version, TOOLS, CLICK))
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print("Making the project's environment in .demo/fix/env (once) ...", flush=True)
        run([sys.executable, "-m", "venv", "--clear", DEMO / "env"])
        pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet"]
        run([*pip, "--disable-pip-version-check", *TOOLS, "-e", PROJECT])
        stamp.write_text(wanted, encoding="utf-8")


def break_it() -> str:
    """Commit what breaks it, and show what there is to see; the last good commit."""
    good = run(["git", "rev-parse", "HEAD"], PROJECT).strip()
    for message, changes in COMMITS:
        for change in changes:
            make(change)
        run(["git", *IDENTITY, "commit", "--quiet", "--all", "--message", message], PROJECT)
    title("click 8.1.8 and two commits that look harmless")
    show(["git", "--no-pager", "log", "--oneline", "--stat=72", f"{good[:10]}.."])
    return good


def make(change: Change) -> None:
    """Put one change into the tree.

    Raises:
        DemoError: the file is not what it should be.
    """
    path = PROJECT / change.file
    text = path.read_text(encoding="utf-8")
    if text.count(change.before) != 1:
        raise DemoError(f"{change.file} does not hold what is to be changed exactly once")
    path.write_text(text.replace(change.before, change.after), encoding="utf-8")


def fixed_without_a_model(good: str) -> None:
    """``tdad fix`` by itself."""
    title("no model: what of the last commits must be taken back?")
    fix("--engine", "search", "--apply")
    check(good)


def fixed_by_the_oracle(good: str) -> None:
    """The same repository, and a model over HTTP."""
    run(["git", "checkout", "--quiet", "--force", "."], PROJECT)
    title("the same, by a model over HTTP that may edit only what it was shown")
    with oracle(good) as url:
        fix("--engine", "model", "--base-url", url, "--apply")
    check(good)


@contextmanager
def oracle(good: str) -> Iterator[str]:
    """Serve the model that knows that the slip has to go; its base URL."""
    text = (PROJECT / SLIP.file).read_text(encoding="utf-8")
    right = text.replace(SLIP.after, SLIP.before)
    known = {"start": {SLIP.file: text}, "proposals": [{SLIP.file: right}]}
    file = DEMO / f"oracle-{good[:8]}.json"
    file.write_text(json.dumps(known), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.play", "oracle", file],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(30)


def fix(*options: str) -> None:
    """Run ``tdad fix`` as a user would see it.

    Raises:
        DemoError: it did not repair.
    """
    command = [sys.executable, "-m", "tdad", "fix", "--python", str(PYTHON), *options]
    done = show(command)
    if done:
        raise DemoError(f"tdad fix ended with {done}")


def check(good: str) -> None:
    """Only the slip is gone, and every test passes.

    Raises:
        DemoError: something else.
    """
    text = (PROJECT / SLIP.file).read_text(encoding="utf-8")
    if SLIP.before not in text or SLIP.after in text:
        raise DemoError("the slip is still there")
    changed = run(["git", "diff", "--numstat"], PROJECT).split()
    if changed != ["1", "1", SLIP.file]:
        raise DemoError(f"more was changed than the slip since {good}: {' '.join(changed)}")
    said = run([PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider"], PROJECT)
    print(f"   checked with pytest: {said.strip().splitlines()[-1]}")


def show(command: Sequence[str | Path]) -> int:
    """Run a command as a user would see it, in 80 columns; its exit code."""
    words = list(map(str, command))
    shown = ["tdad", *words[3:]] if words[1:3] == ["-m", "tdad"] else words
    shown = ["python" if word == str(PYTHON) else word for word in shown]
    print(f"$ {' '.join(shown)}", flush=True)
    process = subprocess.Popen(
        words,
        cwd=PROJECT,
        env=os.environ | {"COLUMNS": str(WIDTH), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        for part in textwrap.wrap(line, WIDTH, replace_whitespace=False) or [""]:
            print(f"   {part}", flush=True)
    return process.wait()


def title(text: str) -> None:
    """A heading."""
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
