"""A data set of radiographs whose pixels come out of a pixel cache."""

import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from ...errors import TableError
from .build import rows_of
from .fingerprints import Fingerprint
from .record_columns import RecordColumns
from .settings import Fit, PixelSettings

_HELD_HERE_ALONE = 2
"""References to an array: a name, and the argument of `sys.getrefcount`; a tensor or view of it would be another."""
_MOST_ARRAYS = 8


class CachedRadiographs(Dataset[dict[str, Any]]):
    """Records with their images at the size that a network sees, read from files once and from then on from a cache.

    Making it reads what the cache lacks, in parallel; images that changed since are read anew. Under `torchrun` every
    rank makes it: one builds, the others wait, all read the same file.

    Args:
        data: records with a path under `image`; see `load_records`.
        folder: where caches lie; several settings may share it.
        spatial_size: S, height and width in pixels.
        fit: "pad" the shorter side with black, or "crop" to the centred square.
        exact: whether JPEG 2000 is decoded at full resolution; otherwise it may be at a reduced one.
        depth: bits a pixel, 8 or 16.
        stretch: whether each image is scaled to its own minimum and maximum.
        workers: processes that read; by default one for each processor. 1 reads in this one.
        fingerprint: by what files are known again, "stat" or "sha256"; see `file_keys`.
        progress: whether to show a bar while reading.

    Attributes:
        data: the records as given.
        cache: the open cache.
        rows: the row of each record in it, (N,) int64.
        levels: the value that stands for 1.0 in a batch: 255 or 65535.

    Raises:
        TableError: a record has no path under `image`, or records have different keys.
        LucencyError: images cannot be read; all others were built.

    Example:
        >>> import tempfile
        >>> from lucency.data import load_records
        >>> from lucency.data.phantom import write_phantom
        >>> folder = tempfile.mkdtemp()
        >>> table = write_phantom(folder, images=4, size=32, workers=1, format="png", progress=False)
        >>> records = load_records(table, ["effusion", "edema"])
        >>> radiographs = CachedRadiographs(records, f"{folder}/cache", spatial_size=16, progress=False)
        >>> radiographs[0]["image"].shape, radiographs[0]["image"].dtype, radiographs[0]["label"].shape
        (torch.Size([1, 16, 16]), torch.float32, torch.Size([2]))
        >>> batch = radiographs.batch([2, 0, 3])
        >>> batch["image"].shape, batch["image"].dtype, batch["label"].shape, batch["index"].dtype
        (torch.Size([3, 1, 16, 16]), torch.uint8, torch.Size([3, 2]), torch.int64)
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        folder: str | Path,
        *,
        spatial_size: int,
        fit: Fit = "pad",
        exact: bool = True,
        depth: Literal[8, 16] = 8,
        stretch: bool = True,
        workers: int | None = None,
        fingerprint: Fingerprint = "stat",
        progress: bool = True,
    ) -> None:
        settings = PixelSettings(spatial_size, fit, exact, depth, stretch)
        files = [_path(record, place) for place, record in enumerate(data)]
        self.data = data
        self.levels = settings.levels
        self._columns = RecordColumns(data)
        self._arrays: deque[NDArray[np.unsignedinteger]] = deque(maxlen=_MOST_ARRAYS)
        self.cache, self.rows = rows_of(
            files, folder, settings, workers=workers, fingerprint=fingerprint, progress=progress
        )

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> dict[str, Any]:
        """One record, with the image as float32 (1, S, S) in [0, 1] and arrays as tensors."""
        image = self.cache.gather(self.rows[[place]])[0].astype(np.float32) / np.float32(self.levels)
        entries = {name: torch.as_tensor(e) if isinstance(e, np.ndarray) else e for name, e in self.data[place].items()}
        return {**entries, "image": torch.from_numpy(image)}

    def batch(self, places: Sequence[int] | NDArray[np.int64], *, pin_memory: bool = False) -> dict[str, Any]:
        """Several records at once, with nothing done for each of them but the copy of its pixels.

        Args:
            places: which records, in any order.
            pin_memory: whether tensors lie in page-locked memory, from where a GPU fetches them by itself.

        Returns:
            `image` uint8 or uint16 (B, 1, S, S), to be divided by `levels`, best on the device; the other entries of
            the records, numbers and arrays as tensors (`label` float32 (B, L)), all else as lists.
        """
        places = np.asarray(places, np.int64)
        pixels = self._array(len(places))
        self.cache.gather(self.rows[places], pixels)
        self._arrays.append(pixels)
        entries: dict[str, Any] = {**self._columns.take(places), "image": torch.from_numpy(pixels)}
        if pin_memory:
            entries = {name: e.pin_memory() if isinstance(e, Tensor) else e for name, e in entries.items()}
        return entries

    def _array(self, images: int) -> NDArray[np.unsignedinteger]:
        """One that no batch holds any more, or a fresh one, whose pages cost as much as what is copied into them."""
        shape = (images, *self.cache.settings.shape)
        for _ in range(len(self._arrays)):
            try:
                array = self._arrays.popleft()  # from here on no other thread sees it
            except IndexError:
                break
            if array.shape != shape:
                continue
            if sys.getrefcount(array) == _HELD_HERE_ALONE:
                return array
            self._arrays.append(array)
        return np.empty(shape, self.cache.settings.dtype)


def _path(record: Mapping[str, Any], place: int) -> str:
    image = record.get("image")
    if not isinstance(image, str | Path):
        raise TableError(f"record {place} has {image!r} under 'image'; give the path of a file")
    return str(image)
