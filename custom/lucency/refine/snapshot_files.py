"""The arrays of a snapshot store, mapped a few rows at a time."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from ..errors import LucencyError

Array = NDArray[Any]
DTYPES: dict[str, np.dtype[Any]] = {
    "features": np.dtype(np.float16),
    "residuals": np.dtype(np.float32),
    "written": np.dtype(np.uint8),
}


class SnapshotFiles:
    """`features-k.npy` and `residuals-k.npy` of every slot k, and `written.npy`, a flag an image.

    A map lives for one call, so that a process holds no more of the files than the rows it handles.

    Args:
        folder: where they lie.
        slots: snapshots that there is room for.
        images: N.
        findings: C.
        features: F.
    """

    def __init__(self, folder: Path, slots: int, images: int, findings: int, features: int) -> None:
        self.folder = folder
        self.slots = slots
        self.shapes = {"features": (images, features), "residuals": (images, findings), "written": (images,)}

    def create(self) -> None:
        """Make all files and take their room on the disk."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name in DTYPES:
                for slot in range(1 if name == "written" else self.slots):
                    path = self._path(name, slot)
                    open_memmap(path, mode="w+", dtype=DTYPES[name], shape=self.shapes[name])
                    _take_room(path)
        except OSError as error:
            size = sum(self._size(name) * (1 if name == "written" else self.slots) for name in DTYPES)
            raise LucencyError(
                f"{self.folder}: no room made for snapshots ({error.strerror or error}); "
                f"they take {size / 1e9:.1f} GB: free space or choose another folder"
            ) from error

    def write(self, slot: int, rows: Array, residuals: Array, features: Array) -> None:
        """Write rows after a look at them; nothing is written if one is wrong."""
        images = self.shapes["written"][0]
        if rows.ndim != 1 or rows.dtype.kind not in "iu" or (rows < 0).any() or (rows >= images).any():
            raise LucencyError(f"{self.folder}: rows must be whole numbers from 0 to {images - 1}, not {rows!r}")
        for name, values in (("residuals", residuals), ("features", features)):
            if values.shape != (len(rows), self.shapes[name][1]):
                wanted = (len(rows), self.shapes[name][1])
                raise LucencyError(
                    f"{self.folder}: {name} are {values.shape}; this store and {len(rows)} rows need {wanted}"
                )
        _check(
            self.folder,
            "residual",
            rows,
            residuals,
            np.isnan(residuals) | (np.abs(residuals) <= 1),
            "give sigmoid(logit) - target, in [-1, 1], or NaN where nothing is known",
        )
        with np.errstate(over="ignore"):  # named below
            half = features.astype(DTYPES["features"])
        _check(self.folder, "feature", rows, features, np.isfinite(half), "float16 holds finite numbers below 65,504")
        self._map("residuals", slot, "r+")[rows] = residuals
        self._map("features", slot, "r+")[rows] = half
        self._map("written", 0, "r+")[rows] = 1

    def read(self, name: str, slots: Sequence[int], rows: slice) -> Array:
        """Rows of several slots, (slots, n, ...), in memory."""
        return np.stack([self._map(name, slot)[rows] for slot in slots])

    def written(self) -> Array:
        """(N,) 1 where the snapshot in the making has a row."""
        return np.array(self._map("written", 0))

    def clear_written(self) -> None:
        """No row is written."""
        self._map("written", 0, "r+")[:] = 0

    def flush(self, slot: int) -> None:
        """Wait until the files of a slot are on the disk; this reaches what was written through maps that are gone."""
        for name in ("residuals", "features"):
            with self._path(name, slot).open("rb+") as file:
                os.fsync(file.fileno())

    def _path(self, name: str, slot: int) -> Path:
        return self.folder / ("written.npy" if name == "written" else f"{name}-{slot}.npy")

    def _size(self, name: str) -> int:
        return int(np.prod(self.shapes[name])) * DTYPES[name].itemsize

    def _map(self, name: str, slot: int, mode: Literal["r", "r+"] = "r") -> Array:
        path = self._path(name, slot)
        try:
            array: Array = np.load(path, mmap_mode=mode)
        except (OSError, ValueError, EOFError) as error:
            raise LucencyError(f"{path}: cannot be read ({error}); delete the folder, and train again") from error
        if array.shape != self.shapes[name] or array.dtype != DTYPES[name]:
            raise LucencyError(f"{path}: holds {array.dtype} {array.shape}; delete the folder, and train again")
        return array


def _check(folder: Path, what: str, rows: Array, values: Array, right: Array, mend: str) -> None:
    if not right.all():
        row, column = np.argwhere(~right)[0]
        raise LucencyError(f"{folder}: {what} {column} of row {rows[row]} is {values[row, column]:g}; {mend}")


def _take_room(path: Path) -> None:
    """Without this the file has holes, and a full disk would end the process when one is written to."""
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("rb+") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # file systems that cannot promise room
                raise
