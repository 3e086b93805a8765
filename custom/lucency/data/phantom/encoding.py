"""The many ways in which a DICOM file may hold one and the same displayed image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from .shapes import Field

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
)
VOI_FORMS = ("window", "windows", "exact", "sigmoid", "lut", "none")
RESCALES = ((1.0, 0.0), (1.0, 0.0), (1.0, -1024.0), (0.5, 100.0), (2.0, -300.0))
LUT_GAMMA = 1.5
"""The VOI LUT is y = x^1.5: steep nowhere, so that 10 bits still resolve the display."""
_SIGMOID_FLOOR = 1e-3
"""A sigmoid never reaches 0 or 1; grey levels are cut off this far from them."""


@dataclass(frozen=True)
class Encoding:
    """How pixels are stored and what a viewer must do to show them.

    Stored values s become m = slope·s + intercept (PS3.3 C.11.1), m becomes the display value d in [0, 1] by the VOI
    (PS3.3 C.11.2), and MONOCHROME1 shows 1 − d.

    DX images for presentation are unsigned, have the identity rescale and always a VOI (PS3.3 C.8.11.3); encodings that
    are not like that are written as CR images, where they are allowed.
    """

    syntax: UID
    inverted: bool
    """MONOCHROME1 instead of MONOCHROME2."""
    bits: int
    signed: bool
    slope: float
    intercept: float
    voi: str
    margin: tuple[float, float]
    """Shares of the stored range below and above the window."""

    @property
    def digital(self) -> bool:
        """Whether a DX image can hold it; otherwise it is a CR image."""
        return not self.signed and (self.slope, self.intercept) == (1.0, 0.0) and self.voi != "none"

    @property
    def limits(self) -> tuple[int, int]:
        """Least and largest value that can be stored."""
        low = -(1 << (self.bits - 1)) if self.signed else 0
        return low, low + (1 << self.bits) - 1

    @property
    def window(self) -> tuple[float, float]:
        """First and last value after rescale that the window spreads over the display."""
        low, high = self.limits
        if self.voi in ("lut", "none"):
            below, above = 0, 0
        else:
            below, above = (round(share * (high - low)) for share in self.margin)
        return self.slope * (low + below) + self.intercept, self.slope * (high - above) + self.intercept

    def centre_and_width(self) -> tuple[float, float]:
        """Window Center and Window Width as the VOI LUT Function defines them (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""
        first, last = self.window
        if self.voi == "exact":
            return (first + last) / 2, last - first
        if self.voi == "sigmoid":
            return (first + last) / 2, round(2 * (last - first) / np.log(1 / _SIGMOID_FLOOR - 1), 3)
        return (first + last) / 2 + 0.5, last - first + 1

    def lut(self) -> NDArray[np.uint16]:
        """Data of the VOI LUT: 16-bit display value of each stored value."""
        return np.rint(65535 * np.linspace(0, 1, 1 << self.bits) ** LUT_GAMMA).astype(np.uint16)

    def store(self, image: Field) -> NDArray[np.integer]:
        """Stored values that show `image`; 0 and 1 take the ends of the range, outside the window if it has margins.

        Args:
            image: display values in [0, 1].
        """
        shown = 1 - image.astype(np.float64) if self.inverted else image.astype(np.float64)
        first, last = self.window
        if self.voi == "sigmoid":
            centre, width = self.centre_and_width()
            inner = np.clip(shown, _SIGMOID_FLOOR, 1 - _SIGMOID_FLOOR)
            value = centre + width / 4 * np.log(inner / (1 - inner))
        elif self.voi == "lut":
            value = first + (last - first) * shown ** (1 / LUT_GAMMA)
        else:
            value = first + (last - first) * shown
        low, high = self.limits
        stored = np.clip(np.rint((value - self.intercept) / self.slope), low, high)
        stored = np.where(shown <= 0, low, np.where(shown >= 1, high, stored))
        kind = f"{'i' if self.signed else 'u'}{1 if self.bits == 8 else 2}"
        return stored.astype(kind)


def sample_encoding(rng: np.random.Generator) -> Encoding:
    """Draw an encoding; about three in four are such as DX images may have, the rest needs CR."""
    syntax = SYNTAXES[int(rng.integers(len(SYNTAXES)))]
    inverted = bool(rng.random() < 0.35)
    bits = int(rng.choice([8, 10, 12, 14, 16], p=[0.1, 0.15, 0.4, 0.2, 0.15]))
    margin = (float(rng.uniform(0, 0.15)), float(rng.uniform(0, 0.15))) if bits > 8 else (0.0, 0.0)
    plain = bool(rng.random() < 0.7)
    forms = [
        form
        for form in VOI_FORMS
        if (form != "lut" or bits in (10, 12))  # other tables would be coarse or large
        and (form != "sigmoid" or bits > 8)  # too few grey levels in its middle
        and (form != "none" or not plain)
    ]
    voi = str(rng.choice(forms))
    if plain or voi == "lut":
        return Encoding(syntax, inverted, bits, False, 1.0, 0.0, voi, margin)
    signed = bits > 8 and bool(rng.random() < 0.5)
    slope, intercept = RESCALES[int(rng.integers(len(RESCALES)))]
    return Encoding(syntax, inverted, bits, signed, slope, intercept, voi, margin)
