"""Building a pixel cache over Ray: workers read and shrink images, the driver alone writes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..memory import RADIOGRAPHS_BYTES, keep_freed_memory
from .cluster import cluster, import_ray
from .cutting import cut
from .spread import spread

if TYPE_CHECKING:
    from ..data.pixel_cache import PixelCache, PixelSettings
    from ..data.pixel_cache.build_rows import Pixels
    from ..data.pixel_cache.fingerprints import Fingerprint

CHUNK_BYTES = 2 * 2**20
"""Rows of about so many bytes travel together."""

CHUNK_FILES = 32
"""But of no more files than this: what a killed worker has to read again."""


def cache_over_ray(
    files: Sequence[str],
    folder: str | Path,
    settings: "PixelSettings",
    *,
    address: str,
    workers: int | None = None,
    fingerprint: "Fingerprint" = "stat",
    progress: bool = True,
) -> "PixelCache":
    """Open the cache that holds `files`, after a cluster has read those that it lacks or that changed.

    The same rows in the same order as `lucency.data.pixel_cache.build_pixel_cache` writes on one machine. Every machine
    must see the images under the paths in `files`; the folder of the cache is this machine's own business. A build
    that was interrupted goes on where it was.

    Args:
        files: absolute paths of images.
        folder: where caches lie.
        settings: what rows follow from.
        address: as `cluster` takes it.
        workers: at most so many at once; by default one for each processor of the cluster.
        fingerprint: by what files are known again; see `lucency.data.pixel_cache.file_keys`.
        progress: whether to show a bar.

    Raises:
        LucencyError: Ray is not installed or nothing answers at the address; images cannot be read, after all others
            were built; or the folder cannot be written.
    """
    import_ray()
    from ..data.pixel_cache import PixelCache, PixelCacheWriter, unreadable_error
    from ..data.pixel_cache.adding import add_rows

    with PixelCacheWriter(folder, settings, fingerprint=fingerprint) as writer:
        todo = writer.missing(files)
        if not todo:
            return PixelCache.open(folder, settings)
        chunks = cut(todo, max(1, min(CHUNK_FILES, CHUNK_BYTES // settings.row_bytes)))
        with cluster(address, workers):
            made = spread(rows_of_chunk, settings, chunks, workers)
            unreadable = add_rows(writer, made, images=len(files), todo=len(todo), progress=progress)
    if unreadable:
        raise unreadable_error(unreadable, len(files))
    return PixelCache.open(folder, settings)


def rows_of_chunk(settings: "PixelSettings", files: Sequence[str]) -> "tuple[Pixels, dict[int, str]]":
    """Rows of a chunk of files, and the reasons of those that cannot be read: `build_rows` in a worker."""
    from ..data.pixel_cache import build_rows

    keep_freed_memory(RADIOGRAPHS_BYTES)
    return build_rows(files, settings)
