"""Squared error, log-loss and bins of one finding for any number of resamples of its patients, computed once."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ..errors import ConfigError
from .inputs import FloatArray, IntArray

Binning = Literal["equal_mass", "equal_width"]
CERTAIN = 1e-7  # sigmoid in float32 cannot tell probabilities nearer to 1


@dataclass(frozen=True, eq=False)
class BinnedFinding:
    """What each image with a known label adds to the metrics of one finding, ready for any number of resamples.

    Args:
        images: (n,) rows with a known label.
        terms: (n, 3 + bins): one, squared error, log-loss; in the column of its bin the label minus the probability.
    """

    images: IntArray
    terms: FloatArray

    @classmethod
    def of(
        cls, probabilities: FloatArray, targets: FloatArray, *, bins: int = 15, binning: Binning = "equal_mass"
    ) -> "BinnedFinding":
        """Drop unknown labels of (N,) targets and put the rest into bins; raises ConfigError for nonsense settings."""
        if isinstance(bins, bool) or not isinstance(bins, int) or bins < 1:
            raise ConfigError(f"bins is {bins!r}; give a whole number of 1 or more, such as 15")
        if binning not in get_args(Binning):
            raise ConfigError(f"binning is {binning!r}; use {' or '.join(get_args(Binning))}")
        images = np.flatnonzero(~np.isnan(targets))
        p = probabilities[images]
        edges = np.arange(1, bins) / bins
        if binning == "equal_mass" and len(p):
            edges = np.sort(p)[-(-np.arange(1, bins) * len(p) // bins) - 1]
        residuals = targets[images] - p
        members = np.eye(bins)[np.searchsorted(edges, p)]
        terms = [np.ones(len(p)), residuals**2, log_losses(p, targets[images])]
        return cls(images, np.column_stack([*terms, residuals[:, None] * members]))

    def sums(self, groups: IntArray, count: int) -> FloatArray:
        """Terms added up for each of `count` groups of images, such as patients: (count, 3 + bins)."""
        group = groups[self.images]
        return np.stack([np.bincount(group, term, count) for term in self.terms.T], axis=1)


def errors(sums: FloatArray) -> FloatArray:
    """Brier score, calibration error and log-loss from sums of terms (R, 3 + bins): (3, R), NaN for no image."""
    with np.errstate(invalid="ignore"):
        return np.stack([sums[:, 1], np.abs(sums[:, 3:]).sum(axis=1), sums[:, 2]]) / sums[:, 0]


def log_losses(probabilities: FloatArray, targets: FloatArray) -> FloatArray:
    """Log-loss of each image, of any shape; targets are 1 and 0.

    Example:
        >>> log_losses(np.array([0.5, 1.0]), np.array([1.0, 0.0])).round(3)
        array([ 0.693, 16.118])
    """
    right = np.where(targets == 1, probabilities, 1 - probabilities)
    return np.asarray(-np.log(np.clip(right, CERTAIN, 1 - CERTAIN)))
