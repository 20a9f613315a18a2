"""Run tests in the target's interpreter: found, confined, bounded in time and output."""
