"""A Ray cluster for the length of a command: joined at its address, or started on this machine."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import LucencyError, causes

LOCAL = "local"
"""Instead of an address: start Ray here, and stop it at the end."""

AUTO = "auto"
"""Instead of an address: the Ray that runs on this machine, or the one that RAY_ADDRESS names."""

OBJECT_STORE_BYTES = 96 * 2**20, 32 * 2**20
"""Of a Ray that is started here, in all and for each worker: room for what `spread` lets wait of `cache_over_ray`."""

PATIENCE = 5.0
"""Seconds in which an address must answer."""


def import_ray() -> Any:
    """Import Ray.

    Raises:
        LucencyError: it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise LucencyError("Ray is not installed; install it: pip install 'lucency[scale]'") from error
    return ray


@contextmanager
def cluster(address: str, workers: int | None = None) -> Iterator[Any]:
    """Join a Ray cluster, and leave it at the end, whatever happens.

    Ray's usage reports and the echo of its workers' output are off, and so is the dashboard of a Ray started here.

    Args:
        address: ``local``, ``auto``, ``HOST:PORT`` of a cluster that this machine belongs to, or ``ray://HOST:PORT``.
        workers: processors that a Ray started here offers; by default those of this machine.

    Yields:
        The module `ray`, connected.

    Raises:
        LucencyError: Ray is not installed, nothing answers at the address, or it wants another token.

    Example:
        >>> with cluster("127.0.0.1:9"):
        ...     pass
        Traceback (most recent call last):
        ...
        lucency.errors.LucencyError: 127.0.0.1:9: no Ray cluster answers there (Connection refused); ...
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before the import, which reads it
    ray = import_ray()
    options: dict[str, Any] = {"address": address, "logging_level": logging.ERROR, "log_to_driver": False}
    if address == LOCAL:
        processors = workers or os.cpu_count() or 1
        store, each = OBJECT_STORE_BYTES
        options |= {"num_cpus": processors, "object_store_memory": store + each * processors}
        options["include_dashboard"] = False
    else:
        _knock(address)
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:  # by version and kind of address
        if any("InvalidAuthToken" in str(cause) for cause in causes(error)):
            raise LucencyError(
                f"{address}: the Ray cluster there wants its token; set RAY_AUTH_MODE=token here, and copy "
                "~/.ray/auth_token of the machine that started it, or set RAY_AUTH_TOKEN"
            ) from error
        raise _unreachable(address, str(error) or type(error).__name__) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Try the port first: Ray itself repeats for up to minutes, and says so in many lines."""
    if address == AUTO and not (address := os.environ.get("RAY_ADDRESS", "")):
        return
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not (host and colon and port.isdecimal()):
        raise LucencyError(f"{address}: is no address of a Ray cluster; give HOST:PORT, ray://HOST:PORT, auto or local")
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise _unreachable(address, getattr(error, "strerror", None) or str(error)) from error


def _unreachable(address: str, reason: str) -> LucencyError:
    return LucencyError(
        f"{address}: no Ray cluster answers there ({reason.splitlines()[0]}); "
        "start one with ray start, correct the address, or give local"
    )
