"""A runner of composite actions as far as ours needs one: expressions in ``env``, ``run`` steps, files of commands."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]


def load(name: str) -> Any:
    """Parse a YAML file of this repository."""
    return YAML(typ="safe").load(ROOT / name)


@dataclass
class Ran:
    """What running an action brought."""

    code: int = 0
    log: str = ""
    """Standard output and error of all steps."""
    summary: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)


def run_action(
    action: Mapping[str, Any],
    checkout: Path,
    temporary: Path,
    *,
    github: Mapping[str, str],
    inputs: Mapping[str, str],
    environ: Mapping[str, str],
) -> Ran:
    """Run the steps one after the other; the first that fails ends it. Steps that use other actions are left out."""
    given = {name: str(each.get("default", "")) for name, each in action["inputs"].items()} | dict(
        inputs
    )
    ran = Ran()
    paths: list[str] = []
    for number, step in enumerate(action["runs"]["steps"]):
        if "run" not in step:
            continue
        files = {
            name: temporary / f"{name}-{number}" for name in ("OUTPUT", "PATH", "STEP_SUMMARY")
        }
        for file in files.values():
            file.touch()
        known = {f"inputs.{name}": value for name, value in given.items()}
        known |= {f"github.{name}": value for name, value in github.items()}
        known |= {
            f"steps.{s}.outputs.{n}": v for s, outs in ran.outputs.items() for n, v in outs.items()
        }
        env = {
            **environ,
            "RUNNER_TEMP": str(temporary),
            "PATH": os.pathsep.join([*paths, environ["PATH"]]),
        }
        env |= {f"GITHUB_{name}": str(file) for name, file in files.items()}
        env |= {name: value_of(str(text), known) for name, text in step.get("env", {}).items()}
        folder = checkout / value_of(step.get("working-directory", "."), known)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        ran.log += done.stdout
        ran.code = done.returncode
        ran.summary += files["STEP_SUMMARY"].read_text()
        paths += files["PATH"].read_text().splitlines()
        lines = files["OUTPUT"].read_text().splitlines()
        ran.outputs[step.get("id", str(number))] = dict(line.split("=", 1) for line in lines)
        if done.returncode:
            break
    return ran


def value_of(text: str, known: Mapping[str, str]) -> str:
    """Put values in place of ``${{ … }}``; what is not known is empty, as on GitHub."""
    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda found: known.get(found[1], ""), text)
