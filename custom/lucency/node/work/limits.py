"""What a process that handles strangers' files may take, and how long it may live: no more memory, no longer."""

import ctypes
import fcntl
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path

from ...errors import causes

MEGABYTE = 1_000_000
_PR_SET_PDEATHSIG = 1
_NO_MEMORY = ("allocate memory", "bad allocation", "bad_alloc", "start new thread")
"""How libraries that raise other types than `MemoryError` speak of it."""


def die_with_parent() -> None:
    """End this child process when the process that started it ends, however that happens and whatever the child does.

    With the start method ``forkserver`` the process that started it and its parent are two; it dies with either. On
    Linux the kernel sees to it, even while a library hangs; elsewhere a thread does. In a process that no other
    started, nothing is done.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if not _killed_on_hang_up(parent.sentinel):
        threading.Thread(target=_end_with, args=(parent.sentinel,), name="parent", daemon=True).start()
    if not parent.is_alive():  # it went before the kernel was asked
        os._exit(1)


def _killed_on_hang_up(pipe: int) -> bool:
    """Have the kernel kill this process when the other end of a pipe is closed; tell whether it will."""
    if not hasattr(fcntl, "F_SETSIG"):
        return False
    try:
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    except OSError:  # a sandbox that does not know how
        return False
    return True


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def address_space() -> int | None:
    """Bytes of address space that this process holds; ``None`` where the system does not tell.

    Example:
        >>> held = address_space()
        >>> held is None or held > 0
        True
    """
    try:
        pages = Path("/proc/self/statm").read_text().split()[0]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def memory_limit(held: int | None, mem_mb: int) -> Iterator[None]:
    """Let this process take so much memory beyond what it held, within the block; more is a `MemoryError`.

    Without the limit there would be nothing left to report it with, so it ends with the block.

    Args:
        held: `address_space` of the idle process; ``None`` sets no limit.
        mem_mb: megabytes beyond that.

    Example:
        >>> with memory_limit(address_space(), 500):
        ...     bytearray(1_000_000_000)
        Traceback (most recent call last):
        ...
        MemoryError
    """
    if held is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = held + mem_mb * MEGABYTE
    known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(wanted, *known) if known else wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def ran_out_of_memory(error: BaseException) -> bool:
    """Tell whether a lack of memory is among the causes of an error.

    Example:
        >>> ran_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ..."))
        True
        >>> ran_out_of_memory(ValueError("no such column"))
        False
    """
    return any(isinstance(cause, MemoryError) or _speaks_of_memory(cause) for cause in causes(error))


def _speaks_of_memory(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)
