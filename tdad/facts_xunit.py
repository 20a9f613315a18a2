"""Names of functions that pytest and unittest call around tests, though nobody in the project mentions them.

One list for who links tests with code, who asks what decides about collection, and who reads what tests check. It knows
nothing else, so that all of them may import it. What runs in the target's process has names of its own.
"""

from __future__ import annotations

CLASS_SETUPS = frozenset(
    {
        *("setUp", "tearDown", "setUpClass", "tearDownClass", "asyncSetUp", "asyncTearDown"),
        *("setup_method", "teardown_method", "setup_class", "teardown_class"),
    }
)
"""Methods of a class of tests: around each of them, or around all."""
MODULE_SETUPS = frozenset(
    {
        *("setUpModule", "tearDownModule"),
        *("setup_module", "teardown_module", "setup_function", "teardown_function"),
    }
)
"""Functions of a module of tests: around each function, or around all tests of it."""
NOSE_SETUPS = frozenset({"setup", "teardown"})
"""Of both, as nose had them; pytest before 8 calls them. A helper may be called so as well: who must leave no test out
counts them in, who says that a test was weakened does not."""
FRESH_SETUPS = frozenset({"setUp", "asyncSetUp", "setup_method"})
"""Methods that make what each test begins with. Not ``setup``: other classes have methods of that name."""
