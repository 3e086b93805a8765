"""Scores of images from the scores of their entries."""

from typing import Literal

import numpy as np

from ...errors import ConfigError
from ..entries import FloatArray

Aggregate = Literal["ema", "top_k"]


def image_scores(scores: FloatArray, aggregate: Aggregate = "ema", *, alpha: float = 0.8, top_k: int = 3) -> FloatArray:
    """Score images by their entries; NaN for an image with no entry to ask.

    Args:
        scores: (N, C), NaN where not eligible.
        aggregate: "ema", see `exponential_moving_average`, or "top_k", see `top_k_mean`.
        alpha: of "ema".
        top_k: of "top_k".

    Returns:
        (N,) float64.

    Raises:
        ConfigError: no such aggregate, or its number is out of bounds.

    Example:
        >>> image_scores(np.array([[1.0, 3.0], [np.nan, 2.0]]), "top_k", top_k=2)
        array([2., 2.])
    """
    if aggregate == "ema":
        return exponential_moving_average(scores, alpha)
    if aggregate == "top_k":
        return top_k_mean(scores, top_k)
    raise ConfigError(f"aggregate: {aggregate!r} is not known; choose 'ema' or 'top_k'")


def exponential_moving_average(scores: FloatArray, alpha: float = 0.8) -> FloatArray:
    r"""Moving average over an image's scores from the lowest to the highest, $a \leftarrow \alpha s + (1-\alpha)\,a$.

    The highest counts $\alpha$, the next $\alpha(1-\alpha)$, and so on. Cleanlab's aggregation of label quality, whose
    low quality is our high score.

    Thyagarajan et al.: Identifying Incorrect Annotations in Multi-Label Classification Data, 2022 (arXiv:2211.13895).

    Args:
        scores: (N, C), NaN where not eligible: left out, so that unknown labels make an image neither better nor worse.
        alpha: in [0, 1]; the paper uses 0.8.

    Returns:
        (N,) float64, NaN where a row has no score.

    Raises:
        ConfigError: alpha is out of bounds.

    Example:
        >>> exponential_moving_average(np.array([[1.0, 0.0, np.nan], [np.nan, np.nan, np.nan]]))
        array([0.8, nan])
    """
    if not 0 <= alpha <= 1:
        raise ConfigError(f"alpha cannot be {alpha!r}; give a number from 0 to 1")
    ascending = np.sort(scores, axis=1)  # NaN last
    average = ascending[:, 0].copy()
    for column in ascending.T[1:]:
        average = np.where(np.isnan(column), average, alpha * column + (1 - alpha) * average)
    return average


def top_k_mean(scores: FloatArray, top_k: int = 3) -> FloatArray:
    """Mean of an image's `top_k` highest scores, or of all it has if these are fewer.

    Args:
        scores: (N, C), NaN where not eligible.
        top_k: 1 or more; 1 is the maximum.

    Returns:
        (N,) float64, NaN where a row has no score.

    Raises:
        ConfigError: top_k is below 1.

    Example:
        >>> top_k_mean(np.array([[1.0, 0.0, 4.0, np.nan]]), 2)
        array([2.5])
    """
    if isinstance(top_k, bool) or top_k < 1:
        raise ConfigError(f"top_k cannot be {top_k!r}; give 1 or more")
    highest = -np.sort(-scores, axis=1)[:, :top_k]  # NaN last
    counts = (~np.isnan(highest)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        means: FloatArray = np.nansum(highest, axis=1) / np.where(counts == 0, np.nan, counts)
    return means
