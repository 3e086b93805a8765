"""Patients drawn with replacement: the same resamples for every interval."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from .inputs import check_level

RESAMPLES_AT_ONCE = 64  # side by side in the vector unit; 256 bytes a patient


def patient_weights(patients: int, *, seed: int, replicate: int) -> NDArray[np.int32]:
    """How often each patient is drawn in one resample; sums to the number of patients.

    Example:
        >>> int(patient_weights(100, seed=0, replicate=7).sum())
        100
    """
    drawn = np.random.default_rng([seed, replicate]).integers(patients, size=patients)
    return np.bincount(drawn, minlength=patients).astype(np.int32)


def weight_blocks(patients: int, replicates: int, seed: int) -> Iterator[NDArray[np.int32]]:
    """`patient_weights` of all resamples, some at a time to bound memory: (patients, resamples) each.

    Example:
        >>> [block.shape for block in weight_blocks(5, 100, seed=0)]
        [(5, 64), (5, 36)]
    """
    for start in range(0, replicates, RESAMPLES_AT_ONCE):
        numbers = range(start, min(start + RESAMPLES_AT_ONCE, replicates))
        yield np.stack([patient_weights(patients, seed=seed, replicate=number) for number in numbers], axis=1)


def check_resampling(replicates: int, level: float) -> None:
    """Raise ConfigError unless there are resamples, and a share of them to lie inside the interval."""
    if replicates < 1:
        raise ConfigError(f"replicates is {replicates}; give 1 or more, 1000 for a 95 % interval")
    check_level(level)
