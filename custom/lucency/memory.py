"""What the C library does with memory that large arrays leave behind."""

import ctypes
import os

_M_MMAP_MAX, _M_TRIM_THRESHOLD = -4, -1  # of mallopt(3)
_NO_LIMIT = -1
RADIOGRAPHS_BYTES = 512_000_000
"""What a process keeps that reads one radiograph after another; a dozen arrays of a large one."""
_TOLD_BY_USER = "MALLOC_", "GLIBC_TUNABLES"


def keep_freed_memory(most: int | None = None) -> bool:
    """Let this process keep what it frees for its next large array, where the C library is GNU's.

    Handing large arrays back and asking for them again has the kernel clear every page anew, several times a radiograph
    or for every layer of a training step. Whoever has set glibc's environment variables wants something else, and is
    not overruled. Many small arrays that stay, between large ones that go, keep all of that memory: `CacheDataset` does
    so, `lucency.data.pixel_cache` does not.

    Args:
        most: bytes that are kept; by default all.

    Returns:
        Whether it is done.

    Example:
        >>> keep_freed_memory(RADIOGRAPHS_BYTES) in (True, False)
        True
    """
    if any(name.startswith(_TOLD_BY_USER) for name in os.environ):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    return bool(mallopt(_M_MMAP_MAX, 0) and mallopt(_M_TRIM_THRESHOLD, _NO_LIMIT if most is None else most))
