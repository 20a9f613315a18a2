"""Serve a model that plays a part, for programs outside of the tests.

    python -m tests.servers.play PART FILE     # oracle or clumsy; prints the base URL, ends when its input does

The file is JSON: ``{"start": {path: text}, "proposals": [{path: text}, …]}``, the right files last.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.servers.clumsy import clumsy
from tests.servers.oracle import oracle
from tests.servers.scripted import ScriptedServer


def main(arguments: list[str]) -> int:
    """Serve until standard input ends."""
    part, file = arguments
    said = json.loads(Path(file).read_text(encoding="utf-8"))
    start, proposals = said["start"], said["proposals"]
    model = oracle(start, proposals[-1]) if part == "oracle" else clumsy(start, proposals)
    with ScriptedServer(model) as server:
        print(server.url, flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
