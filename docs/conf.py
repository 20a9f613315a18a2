"""Sphinx configuration: MyST pages, furo theme, no code is imported to build them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

project = "TDAD"
copyright = "the TDAD developers"
release = re.search(
    r'__version__ = "(.+)"', (ROOT / "tdad" / "__init__.py").read_text(encoding="utf-8")
)[1]
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "TDAD"
exclude_patterns = ["_build"]
nitpicky = True
