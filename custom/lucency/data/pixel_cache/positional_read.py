"""Copying rows out of a file into one array: runs of neighbours at once, rows that are not in memory all together."""

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .build_rows import Pixels

_NOW = getattr(os, "RWF_NOWAIT", 0)  # Linux: give what is in memory, do not wait for the disk


def read_rows(handle: int, rows: NDArray[np.int64], out: Pixels) -> None:
    """Fill `out` with rows of a file, in their order.

    What the system has in memory is copied at once. The rest is asked for all together, so that the disk can work on it
    side by side, and copied as it comes.

    Args:
        handle: of a file of rows without a header.
        rows: (B,), int64, at least one.
        out: (B, ...), C-contiguous.

    Raises:
        OSError: the disk does not give the bytes, or the file ends before.
    """
    target = out.data.cast("B")
    late = _read_now(handle, runs(rows, len(target) // len(rows)), target)
    if len(late) > 1 and hasattr(os, "posix_fadvise"):
        for piece, offset in late:
            os.posix_fadvise(handle, offset, len(piece), os.POSIX_FADV_WILLNEED)
    for piece, offset in late:
        _read(handle, piece, offset)


def runs(rows: NDArray[np.int64], size: int) -> Iterator[tuple[int, int, int]]:
    """Runs of rows that follow each other: first and last byte in the array, and first byte in the file.

    Example:
        >>> list(runs(np.array([4, 5, 9]), 10))
        [(0, 20, 40), (20, 30, 90)]
    """
    starts = np.flatnonzero(np.diff(rows, prepend=rows[0] - 2) != 1)
    edges = np.append(starts, len(rows)) * size
    return zip(edges[:-1].tolist(), edges[1:].tolist(), (rows[starts] * size).tolist(), strict=True)


def _read_now(handle: int, places: Iterator[tuple[int, int, int]], target: memoryview) -> list[tuple[memoryview, int]]:
    """Copy what is in memory; returns where the rest is to go, and where in the file it lies."""
    late = []
    for start, stop, offset in places:
        try:
            done = os.preadv(handle, (target[start:stop],), offset, _NOW) if _NOW else 0
        except OSError:  # not in memory; or a file system that does not know the flag
            done = 0
        if done < stop - start:
            late.append((target[start + done : stop], offset + done))
    return late


def _read(handle: int, piece: memoryview, offset: int) -> None:
    while piece:
        done = os.preadv(handle, (piece,), offset)
        if not done:
            raise OSError("the file ends before the row does")
        piece, offset = piece[done:], offset + done
