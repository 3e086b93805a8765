"""Reading a pixel cache."""

import os
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError, LucencyError
from .build_rows import Pixels
from .cache_folder import CacheFolder, settings_of
from .fingerprints import Fingerprint, file_keys
from .key_index import KeyIndex
from .positional_read import read_rows
from .settings import PixelSettings


class PixelCache:
    """Rows of pixels in one file, read by any number of processes at once, also while a writer appends.

    Opening reads a file of a few lines, whatever the number of rows. `gather` copies rows out of the page cache of the
    system with positional reads; unlike a memory map, which `pixels` offers, that leaves the process's own memory alone
    and lets a slow disk work on all rows of a batch at once.

    Args:
        folder: see `open`.
        settings: what its rows follow from.

    Attributes:
        settings: what its rows follow from.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> from .build import build_pixel_cache
        >>> folder = tempfile.mkdtemp()
        >>> Image.fromarray(np.eye(2, dtype=np.uint8)).save(f"{folder}/a.png")
        >>> cache = build_pixel_cache([f"{folder}/a.png"], folder, PixelSettings(2), progress=False)
        >>> len(cache), cache.find([f"{folder}/a.png", "absent.png"]).tolist()
        (1, [0, -1])
        >>> cache.gather(np.array([0, 0])).shape, cache.gather(np.array([0]))[0, 0].tolist()
        ((2, 1, 2, 2), [[255, 0], [0, 255]])
    """

    def __init__(self, folder: CacheFolder) -> None:
        self.settings = folder.settings
        self._folder = folder
        self._rows = folder.rows()
        try:
            self._handle = os.open(folder.pixels, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise LucencyError(
                f"{folder.path}: is no pixel cache ({error.strerror}); make one with lucency cache"
            ) from error
        weakref.finalize(self, os.close, self._handle)

    @classmethod
    def open(cls, folder: str | Path, settings: PixelSettings | None = None) -> Self:
        """Open a cache as it is now; rows appended later are seen by those who open it later.

        Args:
            folder: where caches lie, or the folder of one cache.
            settings: which cache of it; not needed where there is only one.

        Raises:
            LucencyError: there is no such cache, or it is damaged.
        """
        folder = Path(folder)
        if settings is None:
            inside = (
                [folder] if (folder / "cache.json").is_file() else sorted(p.parent for p in folder.glob("*/cache.json"))
            )
            if len(inside) > 1:
                names = ", ".join(path.name for path in inside)
                raise LucencyError(f"{folder}: holds more than one pixel cache; name one: {names}")
            path = inside[0] if inside else folder
            return cls(CacheFolder(path, settings_of(path)))
        return cls(CacheFolder.of(folder, settings))

    def __len__(self) -> int:
        return self._rows

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Path]]:
        """Another process opens it itself."""
        return type(self).open, (self._folder.path,)

    @property
    def pixels(self) -> "np.memmap[Any, np.dtype[Any]]":
        """All rows, (N, 1, S, S), mapped into memory and read-only; for looking around."""
        return np.memmap(self._folder.pixels, self.settings.dtype, "r", shape=(self._rows, *self.settings.shape))

    def find(self, files: Sequence[str], fingerprint: Fingerprint = "stat") -> NDArray[np.int64]:
        """The row of each file in its present state, (n,), -1 where there is none.

        Looks at every file, and sorts the keys, which takes 32 bytes a row until it is done.

        Args:
            files: paths.
            fingerprint: by what files are known again; see `file_keys`.
        """
        keys = np.fromfile(self._folder.keys, "<u8", count=2 * self._rows).reshape(-1, 2)
        return KeyIndex(keys).find(file_keys(files, fingerprint)[0])

    def gather(self, rows: NDArray[np.int64], out: Pixels | None = None) -> Pixels:
        """Copy rows into one array.

        Args:
            rows: (B,), from 0 to N - 1, in any order, also repeated.
            out: (B, 1, S, S) of `settings.dtype`, C-contiguous, to be filled; made if not given.

        Returns:
            (B, 1, S, S).

        Raises:
            ConfigError: `out` does not fit.
            IndexError: a row that is not there.
            LucencyError: the disk does not give the bytes.
        """
        rows = np.asarray(rows, np.int64)
        shape = (len(rows), *self.settings.shape)
        if out is None:
            out = np.empty(shape, self.settings.dtype)
        elif out.shape != shape or out.dtype != self.settings.dtype or not out.flags.c_contiguous:
            raise ConfigError(
                f"gather: out is {out.shape} {out.dtype}; give a contiguous {shape} {self.settings.dtype}"
            )
        if not len(rows):
            return out
        if rows.min() < 0 or rows.max() >= self._rows:
            raise IndexError(f"rows from {rows.min()} to {rows.max()} of a cache of {self._rows}")
        try:
            read_rows(self._handle, rows, out)
        except OSError as error:
            raise LucencyError(f"{self._folder.pixels}: cannot be read ({error.strerror or error})") from error
        return out
