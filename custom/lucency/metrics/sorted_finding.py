"""AUROC and average precision of one finding for any number of resamples of its patients, sorted once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from .inputs import FloatArray, IntArray, RealArray

CELLS_AT_ONCE = 2**16  # weights of images that NumPy holds at once; in 2**20 it takes twice as long

Int32Array = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class SortedFinding:
    """The images of one finding, best score first, with the few places where a running count is needed.

    A resample is an integer weight of each patient, so its metrics are running sums of weights in this order.

    Args:
        patients: (n,) patient of each image with a known label, by falling score.
        positives: (P,) patient of each positive image, in the same order.
        tied: (K,) where each group of equal scores begins in `positives`; groups without a positive are not listed.
        above: (K,) how many images score higher than the group.
        down_to: (K,) how many images score higher than the group or belong to it.
    """

    patients: Int32Array
    positives: Int32Array
    tied: IntArray
    above: IntArray
    down_to: IntArray

    @classmethod
    def of(cls, scores: RealArray, targets: RealArray, patients: IntArray) -> "SortedFinding":
        """Sort the known labels of one finding by falling score.

        Args:
            scores: (N,) finite.
            targets: (N,) of 1, 0, or NaN for unknown.
            patients: (N,) number of each image's patient, from 0.

        Example:
            >>> column = SortedFinding.of(np.array([0.1, 0.9, 0.4]), np.array([0.0, 1.0, np.nan]), np.array([5, 6, 7]))
            >>> column.patients, column.positives
            (array([6, 5], dtype=int32), array([6], dtype=int32))
        """
        known = np.flatnonzero(~np.isnan(targets))
        images = known[np.argsort(-scores[known])]
        sorted_scores = scores[images]
        begins = np.flatnonzero(np.r_[True, sorted_scores[1:] != sorted_scores[:-1]][: len(images)])
        ends = np.r_[begins[1:], len(images)][: len(begins)]
        places = np.flatnonzero(targets[images] == 1)
        groups, tied = np.unique(np.searchsorted(begins, places, side="right") - 1, return_index=True)
        sorted_patients = patients[images].astype(np.int32)
        return cls(sorted_patients, sorted_patients[places], tied, begins[groups], ends[groups])

    def areas(self, weights: Int32Array) -> FloatArray:
        """AUROC and average precision for each column of patient weights.

        Args:
            weights: (patients, R) how many times each patient is drawn; contiguous.

        Returns:
            (2, R) float64; NaN where the weights leave positives or negatives without any image.

        Example:
            >>> column = SortedFinding.of(np.array([0.1, 0.9, 0.4]), np.array([0.0, 1.0, np.nan]), np.arange(3))
            >>> column.areas(np.array([[1, 2], [1, 0], [1, 1]], dtype=np.int32))
            array([[ 1., nan],
                   [ 1., nan]])
        """
        if len(self.positives) in (0, len(self.patients)):
            return np.full((2, weights.shape[1]), np.nan)
        return running_areas(self.patients, self.positives, self.tied, self.above, self.down_to, weights)


def _areas_in_numpy(
    patients: Int32Array, positives: Int32Array, tied: IntArray, above: IntArray, down_to: IntArray, weights: Int32Array
) -> FloatArray:
    at_once = max(1, CELLS_AT_ONCE // len(patients))
    blocks = [weights[:, start : start + at_once].T for start in range(0, weights.shape[1], at_once)]
    return np.concatenate([_block(patients, positives, tied, above, down_to, block) for block in blocks], axis=1)


def _block(
    patients: Int32Array, positives: Int32Array, tied: IntArray, above: IntArray, down_to: IntArray, weights: Int32Array
) -> FloatArray:
    weights = np.ascontiguousarray(weights)
    running = np.zeros((len(weights), len(patients) + 1), dtype=np.int32)
    # `take` is two to three times faster here than an index in square brackets
    np.cumsum(weights.take(patients, axis=1), axis=1, dtype=np.int32, out=running[:, 1:])
    higher, at_least = (running.take(place, axis=1).astype(np.int64) for place in (above, down_to))
    hits = np.add.reduceat(weights.take(positives, axis=1), tied, axis=1, dtype=np.int64)
    found = np.cumsum(hits, axis=1)
    positive = found[:, -1]
    negative = running[:, -1] - positive
    # every positive is outscored by the negatives above it, and draws with those tied to it
    lost = (higher - (found - hits)) + (at_least - found)
    with np.errstate(invalid="ignore", divide="ignore"):
        area = (hits * (2 * negative[:, None] - lost)).sum(axis=1) / (2 * positive * negative)
        precision = (hits * found / np.maximum(at_least, 1)).sum(axis=1) / positive
    return np.where((positive > 0) & (negative > 0), np.stack([area, precision]), np.nan)


@compiled(instead=_areas_in_numpy)
def running_areas(
    patients: Int32Array, positives: Int32Array, tied: IntArray, above: IntArray, down_to: IntArray, weights: Int32Array
) -> FloatArray:
    """`SortedFinding.areas` in one pass over the images; the resamples lie side by side, for the vector unit."""
    resamples, groups = weights.shape[1], len(tied)
    count, higher, hits, found = np.zeros((4, resamples), np.int32)
    lost, precision = np.zeros((2, resamples))  # whole numbers below 2**53 are exact in float64
    for group in range(groups):
        for image in range(down_to[group - 1] if group else 0, above[group]):
            drawn = weights[patients[image]]  # not within the loop over resamples: four times slower
            for r in range(resamples):
                count[r] += drawn[r]
        for r in range(resamples):
            higher[r] = count[r]
            hits[r] = 0
        for image in range(above[group], down_to[group]):
            drawn = weights[patients[image]]
            for r in range(resamples):
                count[r] += drawn[r]
        for place in range(tied[group], tied[group + 1] if group + 1 < groups else len(positives)):
            drawn = weights[positives[place]]
            for r in range(resamples):
                hits[r] += drawn[r]
        for r in range(resamples):
            lost[r] += float(hits[r]) * float(higher[r] - found[r])
            found[r] += hits[r]
            lost[r] += float(hits[r]) * float(count[r] - found[r])
            precision[r] += float(hits[r]) * float(found[r]) / float(max(count[r], 1))
    for image in range(down_to[-1], len(patients)):
        drawn = weights[patients[image]]
        for r in range(resamples):
            count[r] += drawn[r]
    areas = np.full((2, resamples), np.nan)
    for r in range(resamples):
        positive, negative = float(found[r]), float(count[r] - found[r])
        if positive > 0 and negative > 0:
            pairs = 2 * positive * negative
            areas[0, r] = (pairs - lost[r]) / pairs
            areas[1, r] = precision[r] / positive
    return areas
