"""Templates to text. What a template names and is not given is an error, never an empty place."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from tdad.agent.loop.plain import fenced
from tdad.agent.prompts.text import coded


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tdad.agent.prompts", ""),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown for a model; what comes from the repository is fenced
    )
    environment.filters["fenced"] = fenced
    environment.filters["coded"] = coded
    return environment


def render(template: str, **values: object) -> str:
    """Return what the template ``NAME.md.jinja`` makes of the values, without blank lines at its ends.

    Raises:
        jinja2.UndefinedError: it names a value that is not there.
    """
    return _environment().get_template(f"{template}.md.jinja").render(values).strip("\n")
