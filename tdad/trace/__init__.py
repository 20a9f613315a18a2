"""Traces: what a test run executed. The probe writes it down (``probe/``), ``spool`` reads it back."""
