"""The same trials on a Dask cluster: the only place that knows ``dask.distributed``.

What a trial needs travels with the work (the untouched copy, the map, the limits), so that workers need no common disk.
They need tdad, and the project's interpreter at the same path.
"""

from __future__ import annotations

import io
import shutil
import socket
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from tdad.errors import SchedulerMissing, SchedulerUnreachable
from tdad.facts_faults import Trial
from tdad.workflows.audit_pool import Crew
from tdad.workflows.audit_trial import Place, Work, try_fault

_CONNECT_S = 10
_SENT = ("pristine", "map.sqlite3", "limits.json")


@contextmanager
def cluster(address: str, place: Place) -> Iterator[Crew[Work]]:
    """A crew of the workers of the cluster whose scheduler is at ``address``.

    Raises:
        SchedulerMissing: the extra ``distributed`` is not installed.
        SchedulerUnreachable: nobody answers, or there are no workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise SchedulerMissing from None
    try:
        _knock(address)
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise SchedulerUnreachable(address, reason) from None
    with client:
        size = sum(client.nthreads().values())
        if not size:
            raise SchedulerUnreachable(address, "it has no workers")
        bundle = pack(Path(place.folder))
        name = f"tdad-audit-{blake2b(bundle, digest_size=8).hexdigest()}"
        sent = client.scatter(bundle, broadcast=True)
        pool = client.get_executor(pure=False)
        try:
            yield Crew(lambda work: pool.submit(try_there, place, name, sent, work), size, Event())
        finally:
            client.run(_forget, name)


def _knock(address: str) -> None:
    """Connect once: distributed itself asks again until its time is up, also where nobody will answer.

    Raises:
        OSError: nobody answers.
    """
    place = urlsplit(address if "//" in address else f"//{address}")
    if place.hostname and place.port:
        socket.create_connection((place.hostname, place.port), timeout=_CONNECT_S).close()


def try_there(place: Place, name: str, bundle: bytes, work: Work) -> Trial:
    """Make one trial on a worker, which unpacks the bundle once."""
    folder = _folder(name)
    if not folder.exists():
        unpack(bundle, folder)
    suite = replace(place.suite, limits=str(folder / "limits.json"))
    return try_fault(replace(place, folder=str(folder), suite=suite), work)


def pack(folder: Path) -> bytes:
    """Everything that trials need, times of modification kept."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as to:
        for name in _SENT:
            to.add(folder / name, arcname=name)
    return out.getvalue()


def unpack(bundle: bytes, folder: Path) -> None:
    """Unpack a bundle, whole or not at all: several threads may try at once."""
    staging = Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        archive.extractall(staging, filter="tar")
    try:
        staging.rename(folder)
    except OSError:  # another thread was faster
        shutil.rmtree(staging, ignore_errors=True)


def _folder(name: str) -> Path:
    return Path(tempfile.gettempdir()) / name


def _forget(name: str, **_: Any) -> None:
    """Remove what the trials left on a worker."""
    shutil.rmtree(_folder(name), ignore_errors=True)
