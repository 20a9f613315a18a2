"""A gate on a real project: a slip is caught, a flaky test is not blamed on anybody, a weakened test is seen.

    python tools/demo_gate.py

click 8.1.8 is recorded once. Then three changes ask to be let in. Exits with 1 if one of them gets another answer than
it should. Everything is made in ``.demo/gate/``; a second run needs no network.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from demo_click import IDENTITY, RANGE_SLIP, ROOT, Change, DemoError, Stage
from subjects import SubjectError, run

STAGE = Stage(ROOT / ".demo" / "gate")
DEMO, PROJECT, PYTHON = STAGE.folder, STAGE.project, STAGE.python
FLAKY = '''"""A test that fails every second time, as tests do that trip over what another run left behind."""

import pathlib
import tempfile

from click.formatting import measure_table


def test_now_and_then():
    assert measure_table([("ab", "c")]) == (2, 1)
    left = pathlib.Path(tempfile.gettempdir(), "left-behind")
    if left.exists():
        left.unlink()
    else:
        left.touch()
        raise AssertionError("something was left behind")
'''


@dataclass(frozen=True, slots=True)
class Scene:
    """One change that asks to be let in, and what the gate has to say."""

    title: str
    branch: str
    changes: tuple[Change, ...]
    options: tuple[str, ...]
    code: int
    says: tuple[str, ...]


SCENES = (
    Scene(
        "Tidying up, with a slip: >= and > have changed places",
        "slip",
        (RANGE_SLIP,),
        ("--suggest",),
        1,
        ("regression  tests/", "suggestion for"),
    ),
    Scene(
        "Tidying up without a slip, and a test that fails every second time",
        "tidy",
        (
            Change(
                "src/click/formatting.py",
                "    return tuple(y for x, y in sorted(widths.items()))\n",
                "    return tuple(widths[idx] for idx in sorted(widths))\n",
            ),
        ),
        (),
        0,
        ("pass:", "flaky  tests/test_flaky.py::test_now_and_then"),
    ),
    Scene(
        "Other behaviour, and the assertion that would have said so is gone",
        "weaker",
        (
            Change(
                "src/click/utils.py",
                '        if word[-1] == ".":  # sentence end',
                '        if word[-1] == "." and i == last_index:  # sentence end',
            ),
        ),
        ("--policy", "weakened-test=fail"),
        4,
        ("policy violation", "weakened-test", "expectation-changed"),
    ),
)


def main() -> int:
    """Play the scenes; an exit code."""
    started = time.monotonic()
    try:
        prepare()
        for scene in SCENES:
            play(scene)
    except (DemoError, SubjectError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    print(f"\nThree changes, three answers. The demo took {time.monotonic() - started:.0f} s.")
    return 0


def prepare() -> None:
    """The project as it was released with one flaky test more, an environment, and a recorded map."""
    STAGE.prepare()
    (PROJECT / "tests" / "test_flaky.py").write_text(FLAKY, encoding="utf-8")
    git("checkout", "--quiet", "-B", "trunk")
    git("add", "--all")
    git(*IDENTITY, "commit", "--quiet", "--message", "A flaky test")
    title("click 8.1.8, recorded once")
    show("record", "--python", str(PYTHON), "--", "-q")


def play(scene: Scene) -> None:
    """Make the branch, and ask the gate.

    Raises:
        DemoError: the answer is another one.
    """
    title(scene.title)
    git("checkout", "--quiet", "-B", scene.branch, "trunk")
    for change in scene.changes:
        STAGE.make(change)
    if scene.branch == "weaker":
        weaken()
    git(*IDENTITY, "commit", "--quiet", "--all", "--message", scene.title)
    print(run(["git", "--no-pager", "show", "--format=", "-U0", "HEAD"], PROJECT).rstrip())
    code, text = show("gate", "--base", "trunk", "--python", str(PYTHON), *scene.options)
    git("checkout", "--quiet", "trunk")
    if code != scene.code:
        raise DemoError(f"the gate ended with {code}, not with {scene.code}")
    for words in scene.says:
        if words not in text:
            raise DemoError(f"the gate did not say {words!r}")


def weaken() -> None:
    """Take the assertions out of the tests that this change would break."""
    STAGE.make(
        Change(
            "tests/test_utils.py",
            "    assert out == expect\n",
            "    assert out is not None\n",
        )
    )


def git(*arguments: str) -> None:
    """Run git in the project."""
    run(["git", *arguments], PROJECT)


def title(text: str) -> None:
    """Head a part."""
    print(f"\n{text}\n{'=' * len(text)}\n", flush=True)


def show(*arguments: str) -> tuple[int, str]:
    """Run tdad and show what it says; its exit code and its answer."""
    words: Sequence[str] = ["tdad", *arguments]
    print("$ " + " ".join(word.replace(f"{DEMO}/", "") for word in words), flush=True)
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(done.stdout.rstrip(), flush=True)
    return done.returncode, done.stdout


if __name__ == "__main__":
    sys.exit(main())
