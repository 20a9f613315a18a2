"""How good are the answers? Faults to try, what came of them, and the figures. No I/O, no libraries."""
