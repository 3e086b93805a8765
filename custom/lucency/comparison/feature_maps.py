"""Feature maps of a frozen encoder in a file that runs share without reading it whole."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import read_study_table, table_fingerprint
from ..errors import ConfigError
from ..files import write_atomically


def random_projection(channels: int, kept: int, seed: int = 0) -> NDArray[np.float32]:
    r"""Matrix (channels, kept) of $N(0, 1/\mathrm{kept})$ that makes maps cheaper and nearly keeps distances.

    It is drawn before any image is seen, so that nothing of a test fold reaches training through it, as would through
    principal components of all images.

    Raises:
        ConfigError: `kept` is not 1 to `channels`.

    Example:
        >>> random_projection(1280, 256).shape
        (1280, 256)
    """
    if not 1 <= kept <= channels:
        raise ConfigError(f"maps of {kept} channels cannot be had; give 1 to {channels}")
    drawn = np.random.default_rng(seed).normal(size=(channels, kept)) / np.sqrt(kept)
    return np.asarray(drawn, dtype=np.float32)


def write_feature_maps(path: str | Path, maps: NDArray[Any], table: str | Path) -> Path:
    """Write maps as `.npy`, and beside it a `.json` that says of which table they are.

    Args:
        path: ends in `.npy`.
        maps: (N, F, h, w), in the order of the table.
        table: of the images.

    Returns:
        The path.

    Raises:
        ConfigError: `path` ends otherwise.

    Example:
        >>> import tempfile
        >>> from lucency.data.phantom import write_phantom
        >>> folder = Path(tempfile.mkdtemp())
        >>> table = write_phantom(folder, images=2, size=32, workers=1, format="png")
        >>> path = write_feature_maps(folder / "maps.npy", np.ones((2, 3, 4, 4), np.float16), table)
        >>> read_feature_maps(path, table).shape
        (2, 3, 4, 4)
    """
    path = Path(path)
    if path.suffix != ".npy":
        raise ConfigError(f"{path}: feature maps are kept as .npy; name the file so")
    buffer = io.BytesIO()
    np.save(buffer, maps, allow_pickle=False)
    write_atomically(path, buffer.getvalue())
    told = {"fingerprint": table_fingerprint(read_study_table(table, check_files=False))}
    write_atomically(path.with_suffix(".json"), json.dumps(told) + "\n")
    return path


def read_feature_maps(path: str | Path, table: str | Path) -> NDArray[Any]:
    """Maps (N, F, h, w) of `write_feature_maps`, mapped into memory: pages are read when they are needed.

    Raises:
        ConfigError: the file cannot be read, holds no maps, or was made from another table.
    """
    path = Path(path)
    try:
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        maps: NDArray[Any] = np.load(path, mmap_mode="c", allow_pickle=False)  # writable as torch wants it, file stays
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: not readable as feature maps ({error}); make it with frozen_features.py") from error
    if maps.ndim != 4:
        raise ConfigError(f"{path}: holds {maps.shape}, no maps (N, F, h, w); run frozen_features.py with --maps")
    frame = read_study_table(table, check_files=False)
    if told.get("fingerprint") != table_fingerprint(frame):
        raise ConfigError(f"{path}: was made from another table than {table}; run frozen_features.py again")
    return maps
