"""What a model is told first: one system message, one user message. Pure; the templates are the files beside this one.

jinja2 is imported here and nowhere else: a prompt is a page of text with parts that may be left out, and as a file it
can be read, compared and changed without reading code (ADR 12).
"""

from tdad.agent.prompts.block import BLOCK_LIMIT, AtRisk, BlockMaterial, block
from tdad.agent.prompts.build import LIMIT, build
from tdad.agent.prompts.facts import (
    PARTS,
    Brief,
    Count,
    Doubt,
    Failing,
    Frame,
    Material,
    Seen,
    Source,
)

__all__ = [
    "BLOCK_LIMIT",
    "LIMIT",
    "PARTS",
    "AtRisk",
    "BlockMaterial",
    "Brief",
    "Count",
    "Doubt",
    "Failing",
    "Frame",
    "Material",
    "Seen",
    "Source",
    "block",
    "build",
]
