"""Cleanlab's opinion of the observed labels, finding by finding, as a cross-check of our own ranking."""

import warnings

import numpy as np
from numpy.typing import ArrayLike

from ..errors import LucencyError
from .entries import BoolArray, FloatArray, check_probabilities, check_targets


def cleanlab_issues(
    probabilities: ArrayLike, targets: ArrayLike, *, filter_by: str = "prune_by_noise_rate"
) -> BoolArray:
    """Entries whose label cleanlab takes for wrong, each finding judged alone on the labels that are known.

    Cleanlab itself takes NaN for a label without a word, and its multi-label functions know no unknown ones; it is
    never given any here. Its count of wrong labels is far too high among the negatives of rare findings (see
    `confident_joint_rates`): read the order, doubt the number.

    Northcutt, Jiang, Chuang: Confident Learning: Estimating Uncertainty in Dataset Labels, Journal of Artificial
    Intelligence Research 70, 2021 (arXiv:1911.00068).

    Args:
        probabilities: (N, C) in [0, 1], of a model that did not train on these images: cleanlab asks for that.
        targets: (N, C) of 1, 0, or NaN for unknown.
        filter_by: cleanlab's rule; "prune_by_noise_rate" is its default.

    Returns:
        (N, C) bool, False where the label is unknown, and in a finding without both labels, with a warning.

    Raises:
        LucencyError: cleanlab is not installed, or shapes or values do not fit.
        LabelError: a target is not 1, 0 or NaN.
    """
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise LucencyError(
            "cleanlab is not installed; pip install 'lucency[refine]', or choose another method"
        ) from error
    labels = check_targets(targets)
    p = check_probabilities("probabilities", probabilities, labels)
    issues = np.zeros(labels.shape, dtype=bool)
    for finding, (column, given) in enumerate(zip(p.T, labels.T, strict=True)):
        known = ~np.isnan(given)
        if len(np.unique(given[known])) < 2:
            warnings.warn(f"finding {finding} lacks a label of either kind; cleanlab cannot judge it", stacklevel=2)
            continue
        issues[known, finding] = find_label_issues(
            given[known].astype(np.int64),
            np.stack([1 - column[known], column[known]], axis=1),
            filter_by=filter_by,
            n_jobs=1,  # its processes cost more than they save on two classes
        )
    return issues


def cleanlab_scores(probabilities: ArrayLike, targets: ArrayLike) -> FloatArray:
    r"""Cleanlab's ranking as scores, $[\mathrm{issue}] + 1 - p_y$: its issues first, each part by self-confidence.

    Self-confidence $p_y$ is the probability of the given label, cleanlab's default quality of a label, so that within
    issues and within the rest this is the order of the cross entropy.

    Args:
        probabilities: (N, C), see `cleanlab_issues`.
        targets: (N, C) of 1, 0, or NaN for unknown.

    Returns:
        (N, C) float64 in [0, 2]; NaN where the label is unknown.

    Raises:
        LucencyError: see `cleanlab_issues`.
        LabelError: see `cleanlab_issues`.
    """
    labels = check_targets(targets)
    p = check_probabilities("probabilities", probabilities, labels)
    doubt: FloatArray = np.abs(labels - p) + cleanlab_issues(p, labels).astype(np.float64)
    return doubt
