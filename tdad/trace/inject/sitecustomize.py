"""Start the probe in a Python child process, then run the user's own ``sitecustomize`` as if this one were not there.

It is found through ``PYTHONPATH`` by any Python, also Python 2, and must be as good as invisible to all of them.
"""

import sys


def _run():
    folder = __file__.replace("\\", "/").rpartition("/")[0]
    if sys.version_info >= (3, 8):
        try:
            import _tdad_loader

            _tdad_loader.start()
        except Exception:  # whatever is wrong with the probe, the program must run
            pass
    sys.path[:] = [entry for entry in sys.path if entry.replace("\\", "/") != folder]
    sys.modules.pop("sitecustomize", None)


_run()
# Without one of the user's this raises the ImportError for which the site module looks: none is there.
import sitecustomize  # noqa: E402, F401  # after ours is out of the way, which is the point
