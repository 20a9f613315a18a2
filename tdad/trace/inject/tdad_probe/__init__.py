"""The probe under the name it has where tdad is not installed; its modules are those of ``tdad/trace/probe``."""

import os

__path__ = [
    os.path.join(
        os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "probe"
    )
]
