"""Variance of Gradients: how much the gradient of a single label moved over the last snapshots of a training."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ConfigError, LucencyError

FloatArray = NDArray[np.floating[Any]]

FORMS = ("trace", "exact", "residual")
NUMBERS_AT_ONCE = 2**18  # features of a block of images: it stays in cache, and N x C x D gradients never exist


def variance_of_gradients(
    residuals: ArrayLike, features: ArrayLike | None = None, *, form: str = "trace"
) -> FloatArray:
    r"""Variance of Gradients of every entry (image, finding) over T snapshots of a network.

    The gradient of the entry's binary cross-entropy with respect to the weights and the bias that the last layer has
    for the finding is $g^t = r^t\,[1; h^t]$: residual $r = \sigma(z) - \tilde y$, features $h$ that enter the layer.
    With $x = [1; h]$ of $D = F + 1$ numbers,

    - ``exact``, as the paper's program has it: $\frac1D \sum_d \operatorname{std}_t(g^t_d)$;
    - ``trace``: $\frac1D \sum_d \operatorname{var}_t(g^t_d) = \frac1D \bigl[\frac1T \sum_t (r^t)^2 K_{tt} -
      \frac1{T^2} \sum_{s,t} r^s r^t K_{st}\bigr]$, which needs of the features only $K_{st} = x^s \cdot x^t$; its root
      ranks entries nearly as ``exact`` does and costs a fraction;
    - ``residual``: $\operatorname{std}_t(r^t)$ alone, for which no features are kept.

    Variances are those of a population, divided by T. ``trace`` is computed about the mean of the features over
    snapshots: the two sums of the formula are nearly equal when a network changes little, and their difference would
    be lost in float32.

    High means that the label was fought over. Low is **not** clean: a wrong label that the network refuses all the
    time has a steady gradient. The paper takes a fifth of the entries it trusts by low values, not all.

    The paper has one label an image and a softmax. Values for each finding, ``trace`` and ``residual`` are ours.

    Khanal et al.: Active Label Refinement for Robust Training of Imbalanced Medical Image Classification Tasks in the
    Presence of High Label Noise, MICCAI 2024 (arXiv:2407.05973). The name is from Agarwal, D'souza, Hooker (CVPR 2022,
    arXiv:2008.11600), whose gradients are those of the input's pixels.

    Args:
        residuals: (T, N, C) in [-1, 1], NaN where the label is not known; the paper's program has T = 5, one an epoch.
        features: (T, N, F); not needed for ``residual``.
        form: ``trace``, ``exact`` or ``residual``.

    Returns:
        (N, C), at least 0, NaN where a residual is NaN; float64 if residuals or features are, else float32.

    Raises:
        ConfigError: unknown form.
        LucencyError: shapes do not fit, there are fewer than two snapshots, or features are missing.

    Example:
        >>> residuals = np.array([[[0.4, -0.9]], [[0.2, -0.9]]])
        >>> features = np.ones((2, 1, 3))
        >>> variance_of_gradients(residuals, features).round(3)
        array([[0.01, 0.  ]])
        >>> variance_of_gradients(residuals, features, form="exact").round(3)
        array([[0.1, 0. ]])
    """
    check_form(form)
    r = np.asarray(residuals)
    if r.ndim != 3 or len(r) < 2:
        raise LucencyError(f"residuals are {r.shape}; give (snapshots, images, findings) with two snapshots or more")
    if form == "residual":
        return np.asarray(r.astype(np.result_type(r, np.float32)).std(axis=0))
    if features is None:
        raise LucencyError(
            f"form '{form}' needs features (snapshots, images, features); without them there is 'residual'"
        )
    h = np.asarray(features)
    if h.ndim != 3 or h.shape[:2] != r.shape[:2] or h.shape[2] == 0:
        raise LucencyError(f"features are {h.shape}; residuals {r.shape} need ({len(r)}, {r.shape[1]}, features)")
    dtype = np.result_type(r, h, np.float32)
    of_block = _trace if form == "trace" else _exact
    vog = np.empty(r.shape[1:], dtype)
    step = max(1, NUMBERS_AT_ONCE // (len(h) * h.shape[2]))
    for start in range(0, len(vog), step):
        rows = slice(start, start + step)
        vog[rows] = of_block(r[:, rows].astype(dtype), h[:, rows].astype(dtype))
    return vog


def check_form(form: str) -> None:
    """Raise ConfigError unless `form` is one of `FORMS`."""
    if form not in FORMS:
        raise ConfigError(f"unknown form of VoG '{form}'; use {', '.join(FORMS)}")


def _trace(r: FloatArray, h: FloatArray) -> FloatArray:
    r"""Mean over d of the variance, with $x = \bar x + \delta$ and $r = \bar r + e$ over the snapshots.

    $g^t - \bar g = e^t \bar x + (r^t \delta^t - \overline{r \delta})$; all that is needed of its squared length are
    products of $\bar x$ and $\delta$. The bias is the number of x that never moves.
    """
    snapshots, _, width = h.shape
    mean = h.mean(axis=0)
    moved = np.moveaxis(h - mean, 0, 1)  # (n, T, F)
    gram = moved @ np.moveaxis(moved, 1, 2)  # (n, T, T)
    drift = moved @ mean[:, :, None]  # (n, T, 1)
    length = 1 + np.einsum("nf,nf->n", mean, mean)[:, None]
    e, r = np.moveaxis(r - r.mean(axis=0), 0, 1), np.moveaxis(r, 0, 1)  # (n, T, C)
    squares = np.diagonal(gram, axis1=1, axis2=2)[:, :, None]
    total = (e * e).sum(axis=1) * length + 2 * (e * r * drift).sum(axis=1)  # (n, C)
    total += (r * r * squares).sum(axis=1) - (r * (gram @ r)).sum(axis=1) / snapshots
    vog: FloatArray = np.maximum(total / (snapshots * (width + 1)), 0)
    return vog


def _exact(r: FloatArray, h: FloatArray) -> FloatArray:
    """Mean over d of the standard deviation; gradients of one finding at a time."""
    total = [(r[:, :, c, None] * h).std(axis=0).sum(axis=1) for c in range(r.shape[2])]
    vog: FloatArray = (np.stack(total, axis=1) + r.std(axis=0)) / (h.shape[2] + 1)
    return vog
