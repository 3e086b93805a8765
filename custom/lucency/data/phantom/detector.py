"""From thickness to picture: exposure, scatter, quantum noise, and the processing a viewing station expects."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .shapes import Field
from .streams import between, normal

SOFT, BONE = 0.19, 0.55
"""Attenuation per cm at chest energies: water, and what mineral adds to it."""


@dataclass(frozen=True)
class Exposure:
    """How one image was taken and processed."""

    photons: float
    scatter: float
    blur: float
    """Unsharpness in cm."""
    low: float
    high: float
    gamma: float
    sharpen: float

    @classmethod
    def sample(cls, rng: np.random.Generator, view: str) -> "Exposure":
        """Draw an exposure; bedside images have more scatter, noise and blur."""
        bedside = view == "AP"
        return cls(
            photons=10 ** normal(rng, 4.3 if bedside else 4.7, 0.25),
            scatter=between(rng, 0.02, 0.05) * (1.6 if bedside else 1.0),
            blur=between(rng, 0.03, 0.07) * (1.4 if bedside else 1.0),
            low=normal(rng, -0.45, 0.2) if bedside else normal(rng, -0.28, 0.12),
            high=normal(rng, 1.12, 0.08),
            gamma=normal(rng, 1.0, 0.16),
            sharpen=between(rng, 0.2, 1.2),
        )


def expose(water: Field, bone: Field, exposure: Exposure, pixel: float, rng: np.random.Generator) -> Field:
    """Displayed image in [0, 1], dense parts bright, from thickness in cm of water and bone.

    I = exp(−μₛ·water − μ_b·bone) + scatter, noise of deviation √(I/photons), then log, then a window placed on the
    chest's own histogram as automatic processing does, and a smooth characteristic curve.

    Args:
        water: thickness of soft tissue, air removed.
        bone: thickness of bone.
        exposure: how the image is taken.
        pixel: side of a pixel in cm.
        rng: stream of the quantum noise.
    """
    direct = np.exp(-SOFT * np.maximum(water, 0) - BONE * bone)
    coarse = ndimage.gaussian_filter(direct[::4, ::4], 2.5 / (4 * pixel), truncate=2.5)
    veil = ndimage.zoom(coarse, direct.shape[0] / coarse.shape[0], order=1, grid_mode=True, mode="nearest")
    signal = direct + exposure.scatter * np.minimum(veil, 0.35)
    signal = ndimage.gaussian_filter(signal, exposure.blur / pixel, truncate=3.0)
    dose = exposure.photons * (pixel / 0.08) ** 2  # per pixel
    signal += np.sqrt(signal / dose) * rng.standard_normal(signal.shape, dtype=np.float32)
    density = -np.log(np.maximum(signal, 1e-4))
    inside = density[::4, ::4][water[::4, ::4] > 4]
    low, high = (float(value) for value in np.percentile(inside, (3, 92)))
    span = high - low
    low, high = low + exposure.low * span, low + exposure.high * span
    level = (density - low) / (high - low)
    level += exposure.sharpen * (level - ndimage.gaussian_filter(level, 0.35 / pixel, truncate=2.0))
    bent = np.where(level > 0, np.abs(level), 0) ** exposure.gamma
    return _knee(bent)


def _knee(level: Field) -> Field:
    """Straight up to 0.7, then bending towards 1, as a film's shoulder does."""
    over = np.maximum(level - 0.7, 0)
    result: Field = np.minimum(level, 0.7) + 0.3 * (1 - np.exp(-over / 0.3))
    return result
