"""Noise with the power-law spectrum of anatomy, the same picture at every image size."""

import numpy as np
from scipy import fft

from .shapes import Field

_BAND = 128


def texture(
    rng: np.random.Generator, size: int, exponent: float, coarsest: float = 1.0, finest: float = _BAND
) -> Field:
    """Gaussian field of unit deviation whose power falls as frequency to the minus `exponent`.

    Anatomical backgrounds of radiographs follow such a law (Burgess et al., Med Phys 28:419, 2001: about 3 in
    mammograms).

    Args:
        rng: stream; always the same number of draws is taken, whatever the size.
        size: pixels a side.
        exponent: fall of the power.
        coarsest: lowest frequency kept, in cycles per image.
        finest: highest frequency kept, in cycles per image.
    """
    rows = fft.fftfreq(2 * _BAND, 1 / (2 * _BAND)).astype(np.float32)[:, None]
    columns = np.arange(_BAND, dtype=np.float32)[None, :]
    frequency = np.hypot(rows, columns)
    parts = rng.standard_normal((2, 2 * _BAND, _BAND), dtype=np.float32)
    keep = (frequency >= coarsest) & (frequency <= finest)
    amplitude = np.where(keep, np.maximum(frequency, 1.0) ** (-exponent / 2), 0.0)
    amplitude /= np.sqrt(2 * 2 * (amplitude**2).sum())
    spectrum = np.zeros((size, size // 2 + 1), dtype=np.complex64)
    half, wide = min(_BAND, size // 2) - 1, min(_BAND, size // 2)
    source = (parts[0] + 1j * parts[1]) * amplitude
    spectrum[: half + 1, :wide] = source[: half + 1, :wide]
    spectrum[-half:, :wide] = source[-half:, :wide]
    field: Field = fft.irfft2(spectrum * np.float32(size * size), s=(size, size)).astype(np.float32)
    return field
