"""Building what a cache lacks, on this machine."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError, LucencyError
from ...files import first_few
from .adding import Rows, add_rows
from .build_rows import build_rows
from .cache import PixelCache
from .cache_folder import CacheFolder
from .fingerprints import Fingerprint
from .reading_process import ReadingProcess
from .settings import PixelSettings
from .writer import PixelCacheWriter

CHUNK = 16
"""Files that a process is given at once."""
_WORTH_WORKERS = 64  # files; a process takes a second to load the decoders


def build_pixel_cache(
    files: Sequence[str],
    folder: str | Path,
    settings: PixelSettings,
    *,
    workers: int | None = None,
    fingerprint: Fingerprint = "stat",
    progress: bool = True,
) -> PixelCache:
    """Open the cache that holds `files`, after reading those that it lacks or that changed.

    Where nothing is missing, nothing is written and no lock is taken. Otherwise one process builds, and others that
    want to, such as the ranks of `torchrun`, wait for it. A build that was killed goes on where it was.

    Args:
        files: paths of images; the rows of a cache that is built in one go are in this order.
        folder: where caches lie; on a disk with room for S * S bytes an image, twice that in 16 bits.
        settings: what rows follow from.
        workers: processes that read; by default one for each processor that this process may use. 1 reads in this one.
        fingerprint: by what files are known again; see `file_keys`.
        progress: whether to show a bar.

    Raises:
        LucencyError: images cannot be read, after all others were built; or the folder cannot be written.
        ConfigError: `workers` is not 1 or more.

    Example:
        >>> import tempfile
        >>> from lucency.data import load_records
        >>> from lucency.data.phantom import write_phantom
        >>> folder = tempfile.mkdtemp()
        >>> table = write_phantom(folder, images=2, size=32, workers=1, format="png", progress=False)
        >>> files = [record["image"] for record in load_records(table, ["effusion"])]
        >>> cache = build_pixel_cache(files, f"{folder}/cache", PixelSettings(16), progress=False)
        >>> len(cache), cache.gather(cache.find(files)).shape
        (2, (2, 1, 16, 16))
    """
    return rows_of(files, folder, settings, workers=workers, fingerprint=fingerprint, progress=progress)[0]


def rows_of(
    files: Sequence[str],
    folder: str | Path,
    settings: PixelSettings,
    *,
    workers: int | None = None,
    fingerprint: Fingerprint = "stat",
    progress: bool = True,
) -> tuple[PixelCache, NDArray[np.int64]]:
    """Do what `build_pixel_cache` does, and say which row each file has; (N,)."""
    if workers is not None and workers < 1:
        raise ConfigError(f"workers={workers} cannot read; use 1 or more")
    place = CacheFolder.of(folder, settings)
    if place.record.is_file():
        cache = PixelCache(place)
        rows = cache.find(files, fingerprint)
        if (rows >= 0).all():
            return cache, rows
    with PixelCacheWriter(folder, settings, fingerprint=fingerprint) as writer:
        todo = writer.missing(files)
        unreadable = _build(writer, todo, workers or _processors(), len(files), progress)
    if unreadable:
        raise unreadable_error(unreadable, len(files))
    cache = PixelCache(place)
    rows = cache.find(files, fingerprint)
    if (rows < 0).any():
        changed = [files[missing] for missing in np.flatnonzero(rows < 0).tolist()]
        raise LucencyError(f"{first_few(changed)}: changed while it was read; run again when nobody writes there")
    return cache, rows


def unreadable_error(reasons: Mapping[str, str], images: int) -> LucencyError:
    """The one line that says how many images cannot be read, and of the first few which and why.

    Args:
        reasons: the reason of each unreadable file.
        images: number of files asked for.

    Example:
        >>> print(unreadable_error({"a.dcm": "ends early", "b.dcm": "is empty"}, 10))
        2 of 10 images cannot be read, all others are cached; mend them or take their rows out: a.dcm: ends early,
        b.dcm: is empty
    """
    named = [f"{file}: {reason}" for file, reason in reasons.items()]
    return LucencyError(
        f"{len(reasons):,} of {images:,} images cannot be read, all others are cached; "
        f"mend them or take their rows out: {first_few(named)}"
    )


def _build(writer: PixelCacheWriter, todo: list[str], workers: int, images: int, progress: bool) -> dict[str, str]:
    """Append rows for the files of `todo`; returns the reasons of those that cannot be read."""
    chunks = [todo[start : start + CHUNK] for start in range(0, len(todo), CHUNK)]
    with _readers(writer.settings, workers if len(todo) >= _WORTH_WORKERS else 1) as read:
        made = zip(chunks, read(chunks), strict=True)
        return add_rows(writer, made, images=images, todo=len(todo), progress=progress)


@contextmanager
def _readers(settings: PixelSettings, workers: int) -> Iterator[Callable[[list[list[str]]], Iterator[Rows]]]:
    """A function that makes rows of chunks, in their order, in this process or in `workers` others."""
    if workers == 1:
        yield lambda chunks: (build_rows(chunk, settings) for chunk in chunks)
        return
    idle: SimpleQueue[ReadingProcess] = SimpleQueue()
    processes = [ReadingProcess(settings) for _ in range(workers)]
    for process in processes:
        idle.put(process)

    def read(chunk: list[str]) -> Rows:
        process = idle.get()
        try:
            return process.build_rows(chunk)
        finally:
            idle.put(process)

    def ahead(chunks: list[list[str]]) -> Iterator[Rows]:
        under_way: deque[Future[Rows]] = deque()
        for chunk in chunks:
            under_way.append(threads.submit(read, chunk))
            if len(under_way) > 2 * workers:  # enough for a slow one not to keep the others waiting
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    threads = ThreadPoolExecutor(workers)
    try:
        yield ahead
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.stop()
        threads.shutdown()
        for process in processes:
            process.bury()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
