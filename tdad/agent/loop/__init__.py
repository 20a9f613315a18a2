"""The loop of a repair by a model: what its tools answer, which edits are refused, when it goes in circles.

Everything here is pure: texts and values go in, texts and values come out. ``workflows/fix_model*.py`` run the tests
and talk to the server.
"""
