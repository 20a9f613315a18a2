"""The probe: runs inside the target's interpreter and writes what each test executes to the spool.

Standard library and pytest's public hooks only, Python 3.8 syntax, relative imports only: the folder is also loaded by
path, as package ``tdad_probe``, in environments that do not have tdad. Nothing happens at import.
"""
