"""Which findings occur together: a Gaussian copula that reproduces NIH's marginals and pairs."""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ...errors import ConfigError
from .nih_counts import COUNTS, IMAGES

Prevalence = Literal["nih", "enriched"]
Vector = NDArray[np.float64]

_WITHIN_PATIENT = 0.6
"""Correlation of a finding's latent variable between two images of one patient."""


def marginals(prevalence: Prevalence) -> Vector:
    """Probability of each finding in one image, (14,).

    "nih" is the published share p (hernia 0.2 %, infiltration 18 %). "enriched" is 0.07 + 0.6 p (hernia 7.1 %,
    infiltration 17.6 %), so that 1,000 images hold about 70 positives of the rarest finding and a test split of a fifth
    of them still about 14.

    Raises:
        ConfigError: another name.

    Example:
        >>> marginals("nih").round(3)[[7, 8]], marginals("enriched").round(3)[[7, 8]]
        (array([0.002, 0.177]), array([0.071, 0.176]))
    """
    published = np.diag(np.asarray(COUNTS, dtype=np.float64)) / IMAGES
    if prevalence == "nih":
        return published
    if prevalence == "enriched":
        return 0.07 + 0.6 * published
    raise ConfigError(f"phantom prevalence {prevalence!r} is unknown; choose 'nih' or 'enriched'")


def joint_probability(a: Vector, b: Vector, correlation: Vector) -> Vector:
    """P(X < a, Y < b) of standard normal pairs, by Plackett's integral over the correlation.

    Φ₂(a, b; r) = Φ(a)Φ(b) + (1/2π) ∫₀^{asin r} exp(−(a² + b² − 2ab·sin θ) / (2cos²θ)) dθ  (Plackett 1954).
    """
    nodes, weights = np.polynomial.legendre.leggauss(48)
    top = np.arcsin(correlation)[..., None]
    angle = top * (nodes + 1) / 2
    a_, b_ = a[..., None], b[..., None]
    density = np.exp(-(a_**2 + b_**2 - 2 * a_ * b_ * np.sin(angle)) / (2 * np.cos(angle) ** 2))
    integral = (density * weights).sum(-1) * top[..., 0] / 2
    result: Vector = ndtr(a) * ndtr(b) + integral / (2 * np.pi)
    return result


@lru_cache
def correlations() -> Vector:
    """Tetrachoric correlation of every pair of findings in the published counts, (14, 14), positive definite.

    Both prevalences use it: enriching moves the thresholds and leaves the dependence as it is.
    """
    both = np.asarray(COUNTS, dtype=np.float64) / IMAGES
    threshold = ndtri(np.diag(both))
    rows, columns = np.triu_indices(len(both), 1)
    low, high = np.full(len(rows), -0.95), np.full(len(rows), 0.95)
    for _ in range(50):
        middle = (low + high) / 2
        above = joint_probability(threshold[rows], threshold[columns], middle) > both[rows, columns]
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    matrix: Vector = np.eye(len(both))
    matrix[rows, columns] = matrix[columns, rows] = (low + high) / 2
    values, vectors = np.linalg.eigh(matrix)
    matrix = vectors * np.maximum(values, 1e-3) @ vectors.T
    scale = 1 / np.sqrt(np.diag(matrix))
    matrix *= scale * scale[:, None]
    return matrix


@lru_cache
def _factor() -> Vector:
    return np.asarray(np.linalg.cholesky(correlations()), dtype=np.float64)


def sample_findings(
    prevalence: Prevalence, patient: np.random.Generator, image: np.random.Generator
) -> NDArray[np.bool_]:
    """Draw which findings one image has, (14,).

    A finding is present where z < Φ⁻¹(p), z = L(√ρ·g_patient + √(1−ρ)·g_image) with standard normal g, the Cholesky
    factor L of the correlations and ρ = 0.6: follow-ups resemble each other, and each image by itself has exactly the
    marginals and pairs asked for.

    Args:
        prevalence: "nih" or "enriched".
        patient: stream shared by the patient's images.
        image: stream of the image.
    """
    count = len(COUNTS)
    shared, own = patient.standard_normal(count), image.standard_normal(count)
    latent = _factor() @ (np.sqrt(_WITHIN_PATIENT) * shared + np.sqrt(1 - _WITHIN_PATIENT) * own)
    present: NDArray[np.bool_] = latent < ndtri(marginals(prevalence))
    return present
