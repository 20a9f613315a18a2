"""Search for a patch without a model: pure functions; who runs the tests is handed in."""
