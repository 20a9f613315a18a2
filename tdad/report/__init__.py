"""Facts to text and JSON. ``print_*`` write the answer to standard output; the rest is pure.

rich is imported only when the answer goes to a terminal; in a pipe the text is plain, unwrapped
and stable.
"""
