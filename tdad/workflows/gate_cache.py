"""What is known about baselines from earlier gates: one file per commit and environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tdad.facts import Site, Status
from tdad.facts_gate import Attempt, Body, Phase, Setting

_VERSION = 3
_MOST = 40
"""Attempts that are kept of one test."""


@dataclass
class Known:
    """Outcomes of one baseline."""

    path: Path
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)
    _before: dict[str, int] = field(default_factory=dict)
    """How many of them earlier gates made."""

    @classmethod
    def load(cls, folder: Path, commit: str, environment: str) -> Known:
        """What earlier gates found out; nothing, if the file is not there or not ours."""
        name = blake2b(f"{_VERSION} {commit} {environment}".encode(), digest_size=12).hexdigest()
        path = folder / "baselines" / f"{name}.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            attempts = {
                name: [_read(one) for one in ones] for name, ones in document["attempts"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            attempts = {}
        return cls(path, attempts, {name: len(ones) for name, ones in attempts.items()})

    @classmethod
    def nothing(cls) -> Known:
        """Of a gate that needs to know nothing; it is not saved."""
        return cls(Path())

    def of(self, name: str) -> tuple[Attempt, ...]:
        """Attempts with the suite or alone, first made first; those after certain other tests do not count here."""
        return tuple(self.attempts.get(name, ()))

    def fresh(self) -> dict[str, tuple[Attempt, ...]]:
        """Attempts that this gate made, by node id."""
        return {
            name: tuple(ones[self._before.get(name, 0) :])
            for name, ones in self.attempts.items()
            if len(ones) > self._before.get(name, 0)
        }

    def add(self, found: Mapping[str, Attempt]) -> None:
        """Take in one run."""
        for name, attempt in found.items():
            ours = self.attempts.setdefault(name, [])
            if len(ours) < _MOST:
                ours.append(attempt)

    def save(self) -> None:
        """Keep it, whole or not at all."""
        if self.path == Path():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "attempts": {
                name: [_write(one) for one in ones] for name, ones in self.attempts.items()
            }
        }
        unfinished = self.path.with_suffix(".partial")
        unfinished.write_text(json.dumps(document), encoding="utf-8")
        unfinished.replace(self.path)


def environment_key(python: str, version: tuple[int, ...], layer: str, extra: str = "") -> str:
    """Names the environment: interpreter, what is installed beside it, how it is confined, and what else matters."""
    home = Path(python).parent.parent
    installed = sorted(
        path.name
        for folder in (
            "lib/python*/site-packages",
            "lib/python*/dist-packages",
            "Lib/site-packages",
        )
        for kind in ("dist-info", "egg-info", "egg-link")
        for path in home.glob(f"{folder}/*.{kind}")
    )
    return "\n".join([python, ".".join(map(str, version)), layer, extra, *installed])


def _write(attempt: Attempt) -> list[Any]:
    site = attempt.site
    return [
        str(attempt.status),
        round(attempt.duration_s, 4),
        attempt.message[:500],
        str(attempt.phase),
        [site.path, site.line] if site else None,
        str(attempt.setting),
        str(attempt.body),
    ]


def _read(entry: list[Any]) -> Attempt:
    status, seconds, message, phase, site, setting, body = entry
    return Attempt(
        Status(status),
        float(seconds),
        str(message),
        Phase(phase),
        Site(str(site[0]), int(site[1])) if site else None,
        Setting(setting),
        Body(body),
    )
