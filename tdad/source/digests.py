"""Digests of whole files. Nothing heavy is imported here: the probe's readers and the store use it too."""

from __future__ import annotations

from hashlib import blake2b


def digest(data: bytes) -> str:
    """Return the BLAKE2b-128 of ``data`` in hex: the key of one version of a file."""
    return blake2b(data, digest_size=16).hexdigest()
