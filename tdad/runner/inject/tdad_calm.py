"""``--tdad-calm``: no workers, no coverage, no reruns in a run of a few tests, as far as such plugins are active.

That a plugin is installed does not make it active: ``-p no:xdist`` in the project's own ``addopts`` is enough, and
pytest would refuse the option. Only the pytest that is going to run knows. Standard library and pytest only.
"""

import pytest

_MARK = "--tdad-calm"
_SETS = {"--no-cov": "no_cov", "-n0": "numprocesses", "--reruns=0": "reruns"}
"""Option → what it sets, which is there only if some plugin has the option."""


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config, args):
    """Put options that somebody knows in the place of the mark; the arguments are parsed for good after this."""
    known = early_config.known_args_namespace
    calm = [option for option, sets in _SETS.items() if hasattr(known, sets)]
    args[:] = [one for each in args for one in (calm if each == _MARK else [each])]
