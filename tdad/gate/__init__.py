"""Outcomes of baseline and head → verdicts; findings → levels. No I/O."""
