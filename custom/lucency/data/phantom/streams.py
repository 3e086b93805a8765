"""Independent random streams, so that changing one thing in an image changes nothing else."""

import zlib

import numpy as np


def stream(seed: int, *keys: int | str) -> np.random.Generator:
    """Generator that depends on the seed and the keys alone, not on what was drawn before.

    Args:
        seed: seed of the whole data set, 0 or more.
        keys: what the stream is for, e.g. `"patient", 12`; text enters by its CRC-32.

    Example:
        >>> stream(0, "patient", 12).integers(100) == stream(0, "patient", 12).integers(100)
        np.True_
        >>> stream(0, "patient", 12).random() == stream(0, "patient", 13).random()
        False
    """
    words = [zlib.crc32(key.encode()) if isinstance(key, str) else key for key in keys]
    return np.random.default_rng([seed, *words])


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Uniform draw as a Python float, which keeps float32 arrays float32."""
    return float(rng.uniform(low, high))


def normal(rng: np.random.Generator, mean: float, deviation: float, reach: float = 2.0) -> float:
    """Normal draw cut at `reach` deviations, as a Python float."""
    return mean + deviation * float(np.clip(rng.standard_normal(), -reach, reach))
