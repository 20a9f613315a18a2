"""What a patch really breaks, found without the gate: a part of the suite on head, and what fails there again.

A *true regression* is a test that fails on head both of two times and passes on the baseline both of two times; the
first of the runs on head is together with the rest of its part, the others are together with the other failing
tests, each in a process of its own. The part:

* the test folders (Django: applications; sympy: files) of the instance;
* up to ``NEAR`` of those that mention a class or function that the patch edits, most mentions first;
* ``FAR`` that chance draws, or, for patches that are asked about as a whole, all.
"""

from __future__ import annotations

import ast
import json
import os
import random
import re
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gate_patches_data import Instance, Planned
from gate_patches_ground import Versions, is_test, text_at, tree

NEAR = {"django": 2, "sympy": 1}
FAR = {"django": 1, "sympy": 1}
TIMES = 2
LIMIT_S = 300.0
_ALONE = 300
"""More failing tests than that are run again in part: the first of them."""
_ASIDE = {
    "gis_tests",
    "admin_scripts",
    "data",
    "templates",
    "requirements",
    "import_error_package",
}
"""Not drawn by chance: they need another database, start hundreds of processes, or hold no tests."""
_LISTEN = Path(__file__).with_name("gate_patches_listen.py")
_SHORTEST = 4
"""Of a name that is looked for."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What was run without the gate."""

    ran: frozenset[str] = frozenset()
    """Ids of tests that ran on head, or on the baseline if head's could not start."""
    broken: frozenset[str] = frozenset()
    """True regressions."""
    parts: tuple[str, ...] = ()
    cut_short: bool = False
    startless: bool = False
    """Not one test of head began."""
    failing: frozenset[str] = field(default_factory=frozenset)
    """Failed on head the first time."""
    whole: bool = False
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """As values of JSON."""
        found = asdict(self)
        return {name: sorted(v) if isinstance(v, frozenset) else v for name, v in found.items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Truth:
        """Read back."""
        sets = {name: frozenset(document[name]) for name in ("ran", "broken", "failing")}
        return cls(**{**document, **sets, "parts": tuple(document["parts"])})


@dataclass(frozen=True, slots=True)
class Trees:
    """Both sides, and who runs their tests; only one of them is on disk at a time."""

    project: str
    base: str
    head: str
    """Commits."""
    python: Path
    place: str
    """Which of the folders: two measurements at once have two."""


def find_truth(
    planned: Planned, instance: Instance, sides: Versions, trees: Trees, *, whole: bool
) -> Truth:
    """Run the part, and what fails of it again."""
    parts = parts_of(
        planned, instance, sides, tree(trees.project, trees.place, sides.head), whole=whole
    )
    ends, over = run_tests(trees, trees.head, parts, limit_s=LIMIT_S * (4 if whole else 1))
    own = parts[: len(own_parts(planned, instance))]
    if not ends:  # because of one of the parts, perhaps
        parts = own
        ends, over = run_tests(trees, trees.head, own)
    if not ends:
        before, over = run_tests(trees, trees.base, own)
        fine = {name for name, end in before.items() if end == "passed"}
        return Truth(
            frozenset(before), frozenset(fine), tuple(parts), over, startless=True, whole=whole
        )
    failing = sorted(name for name, end in ends.items() if end == "failed")
    broken = confirmed(trees, failing[:_ALONE], head_times=TIMES - 1)
    return Truth(
        frozenset(ends), broken, tuple(parts), over, failing=frozenset(failing), whole=whole
    )


def confirmed(trees: Trees, names: Sequence[str], head_times: int = TIMES) -> frozenset[str]:
    """Those of some tests that fail on head each time and pass on the baseline each time."""
    left = set(names)
    for commit, times, wanted in (
        (trees.base, TIMES, "passed"),
        (trees.head, head_times, "failed"),
    ):
        for _ in range(times):
            if not left:
                return frozenset()
            ends, _over = run_tests(trees, commit, sorted(left))
            left = {name for name in left if ends.get(name, "failed") == wanted}
    return frozenset(left)


def run_tests(
    trees: Trees, commit: str, labels: Sequence[str], limit_s: float = LIMIT_S
) -> tuple[dict[str, str], bool]:
    """(id → how it ended, the time was over). A test that failed once in a run failed."""
    folder = tree(trees.project, trees.place, commit)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "ends"
        file.touch()
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(folder), str(_alone(scratch))]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONWARNINGS": "ignore",
            "LISTEN_TO": str(file),
        }
        try:
            subprocess.run(
                _command(trees, file, labels),
                cwd=folder, env=env, timeout=limit_s, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            over = False
        except subprocess.TimeoutExpired:
            over = True
        return dict(_read(file)), over


def _alone(scratch: str) -> Path:
    """A folder with the listener and nothing else that could be imported by mistake."""
    folder = Path(scratch) / "listen"
    folder.mkdir(exist_ok=True)
    (folder / _LISTEN.name).write_bytes(_LISTEN.read_bytes())
    return folder


def _command(trees: Trees, file: Path, labels: Sequence[str]) -> list[str]:
    if trees.project == "django":
        started = [str(trees.python), str(_LISTEN), str(file), "tests/runtests.py"]
        return [*started, "--parallel=1", *labels]
    started = [str(trees.python), "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider"]
    return [*started, "-p", _LISTEN.stem, *labels]


def _read(file: Path) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, end = json.loads(line)
        if seen.get(name) != "failed":
            seen[name] = end
    return iter(seen.items())


# ------------------------------------------------------------------------------------------------------- which part


def parts_of(
    planned: Planned, instance: Instance, sides: Versions, folder: Path, *, whole: bool
) -> list[str]:
    """Labels of what is run, the instance's own first."""
    own = own_parts(planned, instance)
    texts = dict(_texts(planned.project, folder))
    if whole:
        return [*own, *sorted(set(texts) - set(own) - {"gis_tests"})]
    names = edited_names(planned.project, sides)
    counts = {part: _mentions(text, names) for part, text in texts.items() if part not in own}
    near = sorted((p for p in counts if counts[p]), key=lambda p: (-counts[p], p))
    near = near[: NEAR[planned.project]]
    rest = sorted(set(texts) - {*own, *near} - _ASIDE)
    number = min(FAR[planned.project], len(rest))
    drawn = random.Random(planned.key).sample(rest, number)  # noqa: S311 - a sample
    return [*own, *near, *sorted(drawn)]


def own_parts(planned: Planned, instance: Instance) -> list[str]:
    """Test applications (Django) or files (sympy) of the instance."""
    paths = re.findall(r"^\+\+\+ b/(\S+)", instance.test_patch, flags=re.MULTILINE)
    if planned.project == "sympy":
        return sorted({path for path in paths if is_test(path) and path.endswith(".py")})
    told = (re.search(r"\((\w+)\.", name) for name in instance.test_ids)
    apps = {found.group(1) for found in told if found}
    return sorted(apps | {path.split("/")[1] for path in paths if path.startswith("tests/")})


def _texts(project: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Label of each part of the suite, and the text of its tests."""
    if project == "sympy":
        for file in sorted(folder.glob("sympy/**/tests/test_*.py")):
            yield file.relative_to(folder).as_posix(), _text(file)
        return
    for app in sorted((folder / "tests").iterdir()):
        if (app / "__init__.py").exists():
            tests = [file for file in app.rglob("*.py") if _is_django_test(file)]
            if tests:
                yield app.name, "\n".join(_text(file) for file in sorted(app.rglob("*.py")))


def _is_django_test(file: Path) -> bool:
    return file.name.startswith("test") or file.parent.name == "tests"


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def edited_names(project: str, sides: Versions) -> frozenset[str]:
    """Classes and functions that differ: of a method its own name and that of its class."""
    found: set[str] = set()
    for path in sides.changed:
        if path.endswith(".py") and not is_test(path):
            before, after = (
                _segments(text_at(project, commit, path)) for commit in (sides.base, sides.head)
            )
            changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
            found |= {name for key in changed for name in key.split(".")}
    return frozenset(n for n in found if len(n) >= _SHORTEST and not n.startswith("__"))


def _segments(text: str) -> Mapping[str, str]:
    """Qualified name → text of each function, and of each class that has no functions."""
    try:
        parsed = ast.parse(text)
    except SyntaxError:
        return {}
    return dict(_inside(parsed, text, ""))


def _inside(node: ast.AST, text: str, prefix: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            inner = list(_inside(child, text, f"{prefix}{child.name}."))
            yield from inner
            if not inner:
                yield f"{prefix}{child.name}", ast.dump(child)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", ast.dump(child)


def _mentions(text: str, names: Collection[str]) -> int:
    if not names:
        return 0
    return len(re.findall(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b", text))


def same_ids(project: str, names: Iterable[str]) -> dict[str, str]:
    """Id as the runner has it → node id of the gate, for what the gate says of tests."""
    if project == "sympy":
        return {name: name for name in names}
    return {label_of(name): name for name in names}


def label_of(node_id: str) -> str:
    """``tests/a/tests.py::A::test_b`` → ``a.tests.A.test_b``."""
    path, _, rest = node_id.partition("::")
    module = path.removeprefix("tests/").removesuffix(".py").removesuffix("/__init__")
    return ".".join([module.replace("/", "."), *(part for part in rest.split("::") if part)])
