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
from pathlib import Path

from demo_click import IDENTITY, RANGE_SLIP, ROOT, Change, DemoError, Stage
from play_model import playing
from subjects import SubjectError, run

STAGE = Stage(ROOT / ".demo" / "fix")
DEMO, PROJECT, PYTHON = STAGE.folder, STAGE.project, STAGE.python
SLIP = RANGE_SLIP
WIDTH = 76
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


def main() -> int:
    """Break, repair, break again, repair again; an exit code."""
    started = time.monotonic()
    try:
        STAGE.prepare()
        good = break_it()
        fixed_without_a_model(good)
        fixed_by_the_oracle(good)
    except (DemoError, SubjectError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    print(f"\nRepaired twice. The demo took {time.monotonic() - started:.0f} s.")
    return 0


def break_it() -> str:
    """Commit what breaks it, and show what there is to see; the last good commit."""
    good = run(["git", "rev-parse", "HEAD"], PROJECT).strip()
    for message, changes in COMMITS:
        for change in changes:
            STAGE.make(change)
        run(["git", *IDENTITY, "commit", "--quiet", "--all", "--message", message], PROJECT)
    title("click 8.1.8 and two commits that look harmless")
    show(["git", "--no-pager", "log", "--oneline", "--stat=72", f"{good[:10]}.."])
    return good


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
    with playing("oracle", file) as url:
        yield url


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
