"""Adding what readers make to a cache, wherever they run."""

import time
from collections.abc import Iterable, Sequence

from tqdm import tqdm

from .build_rows import Pixels
from .writer import PixelCacheWriter

COMMIT_SECONDS = 1.0
"""What a kill of the writer can take away, besides the chunks in work."""

Rows = tuple[Pixels, dict[int, str]]
"""What `build_rows` returns: rows, and the reasons of files that cannot be read by their place."""


def add_rows(
    writer: PixelCacheWriter, made: Iterable[tuple[Sequence[str], Rows]], *, images: int, todo: int, progress: bool
) -> dict[str, str]:
    """Write rows as they come, and commit now and then.

    Args:
        writer: of the cache.
        made: chunks of files with their rows, in the order in which they shall lie in the cache.
        images: number of files that the cache was asked for, for the bar.
        todo: how many of them are still to come.
        progress: whether to show a bar.

    Returns:
        The reason of each file that cannot be read.
    """
    unreadable: dict[str, str] = {}
    committed = time.monotonic()
    with tqdm(total=images, initial=images - todo, desc="cache", unit="image", disable=not (progress and todo)) as bar:
        for chunk, (pixels, reasons) in made:
            good = [place for place in range(len(chunk)) if place not in reasons]
            writer.write([chunk[place] for place in good], pixels[good])
            unreadable.update({chunk[place]: reason for place, reason in reasons.items()})
            if time.monotonic() - committed > COMMIT_SECONDS:
                writer.commit()
                committed = time.monotonic()
            bar.update(len(chunk))
    return unreadable
