"""The files that a repair by a model leaves as it goes: ``trajectory.jsonl`` and the patches that it names."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tdad.agent.chat.redact import redact_document
from tdad.agent.loop.records import SCHEMA, Past, past_of
from tdad.facts_fix import Patch
from tdad.workflows.fix_folder import write_whole


@dataclass
class Trail:
    """Writes one line for each thing that happened: on the disk before the next happens, without secrets.

    Patches are files of their own, whole, and not redacted: they are put back into files when a run goes on.
    """

    folder: Path
    secrets: Collection[str] = ()
    _written: set[str] = field(default_factory=set)

    @property
    def path(self) -> Path:
        """The trajectory."""
        return self.folder / "trajectory.jsonl"

    def add(self, kind: str, **fields: Any) -> None:
        """Append one entry."""
        new = not self.path.exists()
        with self.path.open("a", encoding="utf-8") as file:
            if new:
                file.write(json.dumps({"kind": "run", "schema": SCHEMA}) + "\n")
            document = redact_document({"kind": kind, **fields}, self.secrets)
            file.write(json.dumps(document, ensure_ascii=True) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def mend(self) -> None:
        """Take away a last line that was cut off, so that what is appended stands on lines of its own."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        if data and not data.endswith(b"\n"):
            write_whole(self.path, data[: data.rfind(b"\n") + 1])

    def past(self) -> Past:
        """What an earlier process wrote."""
        return past_of(self.entries())

    def entries(self) -> Iterator[dict[str, Any]]:
        """All entries up to one that was cut off."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                return
            if isinstance(entry, dict):
                yield entry

    def keep(self, name: str, patch: Patch) -> str:
        """Keep a patch under the name that the trajectory calls it by; an empty one has no name."""
        if not patch:
            return ""
        if name not in self._written:
            folder = self.folder / "states"
            folder.mkdir(exist_ok=True)
            document = {
                path: None if data is None else base64.b64encode(data).decode("ascii")
                for path, data in patch.items()
            }
            write_whole(folder / f"{name}.json", json.dumps(document).encode())
            self._written.add(name)
        return name

    def patch(self, name: str) -> Patch:
        """The patch of that name; a state whose file is gone is the start."""
        if not name:
            return {}
        try:
            document = json.loads((self.folder / "states" / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return {
            path: None if data is None else base64.b64decode(data)
            for path, data in document.items()
        }
