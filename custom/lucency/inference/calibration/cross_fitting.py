"""Judging a map by patients that it was not fitted on."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...metrics.binned_finding import log_losses
from .fits import Fit, FloatArray


def patient_folds(patients: ArrayLike, targets: ArrayLike, *, folds: int, seed: int = 0) -> NDArray[np.int64]:
    """Number of the fold of each image: all images of a patient in one, both classes spread evenly over all.

    Patients are shuffled, sorted by what they have (positives alone, both, negatives alone), and dealt in turn. A class
    that stands in two patients or more is therefore in two folds or more. The order of images does not matter.

    Args:
        patients: (N,) ids.
        targets: (N,) of 1 and 0.
        folds: how many.
        seed: of the shuffle.

    Example:
        >>> patient_folds(list("aabbcd"), [1, 0, 0, 0, 1, 0], folds=2).tolist()
        [1, 1, 0, 0, 0, 1]
    """
    y = np.asarray(targets)
    names, patient = np.unique(np.asarray(patients), return_inverse=True)
    positive = np.bincount(patient, weights=y == 1, minlength=len(names)) > 0
    negative = np.bincount(patient, weights=y == 0, minlength=len(names)) > 0
    shuffled = np.random.default_rng(seed).permutation(len(names))
    kind = np.where(positive, negative, 2)[shuffled]
    fold = np.empty(len(names), dtype=np.int64)
    fold[shuffled[np.argsort(kind, kind="stable")]] = np.arange(len(names)) % folds
    return fold[patient]


def cross_fit(fit: Fit, probabilities: FloatArray, targets: FloatArray, fold: NDArray[np.int64]) -> FloatArray:
    """Calibrate each fold by the map that was fitted on all others.

    Args:
        fit: of one method.
        probabilities: (N,) in [0, 1].
        targets: (N,) of 1 and 0; every N - 1 folds hold both.
        fold: (N,) from `patient_folds`.

    Returns:
        (N,) probabilities, none of which knows the labels of its own patient.

    Example:
        >>> from .fits import fit_isotonic
        >>> p, y, fold = np.array([0.1, 0.9, 0.1, 0.9]), np.array([0.0, 1.0, 1.0, 0.0]), np.array([0, 0, 1, 1])
        >>> cross_fit(fit_isotonic, p, y, fold)
        array([0.5 , 0.5 , 0.25, 0.75])
    """
    calibrated = np.empty_like(probabilities)
    for number in np.unique(fold):
        held = fold == number
        calibrated[held] = fit(probabilities[~held], targets[~held])(probabilities[held])
    return calibrated


class Choice(NamedTuple):
    """The candidate that was chosen, and how much the best one gains over the first, with the standard error."""

    name: str
    best: str
    gain: float
    standard_error: float


def choose(candidates: Mapping[str, FloatArray], targets: FloatArray, patients: ArrayLike) -> Choice:
    """Choose the candidate of least log-loss, if it gains more over the first than its standard error; else the first.

    The first is to leave things as they are: what noise can explain is no reason to change them. Among the others a
    cross-fitted loss charges for flexibility itself, and equal ones go to the simpler. The error is that of the mean
    difference with patients as the units: the images of one patient err together.

    Args:
        candidates: name to cross-fitted probabilities (N,), from simple to flexible.
        targets: (N,) of 1 and 0.
        patients: (N,) ids.

    Example:
        >>> y = np.array([0.0, 0.0, 1.0, 1.0])
        >>> choose({"none": np.full(4, 0.5), "platt": np.array([0.2, 0.3, 0.6, 0.8])}, y, list("abcd")).name
        'platt'
    """
    losses = {name: log_losses(p, targets) for name, p in candidates.items()}
    first, best = next(iter(losses)), min(losses, key=lambda name: losses[name].mean())
    differences = losses[first] - losses[best]
    gain = differences.mean()
    _, patient = np.unique(np.asarray(patients), return_inverse=True)
    sums = np.bincount(patient, weights=differences - gain)
    error = np.sqrt((sums**2).sum() * len(sums) / max(len(sums) - 1, 1)) / len(differences)
    return Choice(best if gain > error else first, best, float(gain), float(error))
