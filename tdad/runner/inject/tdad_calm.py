"""Options by which a run of a few tests keeps other plugins out, left away where the plugin is not active.

That a plugin is installed does not make it active: ``-p no:xdist`` in the project's own ``addopts`` is enough, and
pytest would refuse the option. Only the pytest that is going to run knows. Standard library and pytest only.
"""

import pytest

_SETS = {"--no-cov": "no_cov", "-n0": "numprocesses", "--reruns=0": "reruns"}
"""Option → what it sets, which is there only if some plugin has the option."""


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config, args):
    """Take out of the arguments, which are parsed for good after this, what nobody would know."""
    known = early_config.known_args_namespace
    args[:] = [each for each in args if each not in _SETS or hasattr(known, _SETS[each])]
