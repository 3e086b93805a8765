"""Where the time of an uncompressed file goes on its way to a tensor, beside what the machine itself allows."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom

from lucency.transforms import display_array, read_dataset, read_radiograph

from .measure import interleaved
from .rows import Row

LIMIT = "limit: file read from the page cache"
WHOLE = "read_radiograph to 224, uncompressed"


def contestants(path: Path, size: int) -> dict[str, Callable[[], object]]:
    """What no reader can do without or do faster, then the stages of ours, then the whole."""
    content = path.read_bytes()
    words = np.frombuffer(content, np.uint64, len(content) // 8).copy()
    target, buffer = np.empty_like(words), bytearray(len(content))
    dataset = read_dataset(path)

    def read_file() -> None:
        with path.open("rb", buffering=0) as file:
            file.readinto(buffer)

    return {
        "limit: memory read once": words.max,
        "limit: memory copied": lambda: np.copyto(target, words),
        LIMIT: read_file,
        "header parsed, without pixels": lambda: pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True),
        "file read and parsed": lambda: read_dataset(path),
        f"windowed and averaged to {size}": lambda: display_array(dataset, spatial_size=size),
        WHOLE: lambda: read_radiograph(path, spatial_size=size),
    }


def stages(path: Path, size: int, rounds: int) -> list[Row]:
    """The least CPU time of each, and the share of the limit that the whole reaches."""
    least = interleaved(contestants(path, size), rounds)
    rows = [Row("1, stages", name, ours_ms=1000 * seconds) for name, seconds in least.items()]
    share = 100 * least[LIMIT] / least[WHOLE]
    return [*rows, Row("1, stages", "share of the limit: file read / read_radiograph", ours_ms=share, unit="%")]
