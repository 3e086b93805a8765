"""Maps from a network's probability to a calibrated one, as a site file stores them."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from .logistic import expit, logit

Probabilities = NDArray[np.float64]
SMALLEST = 1e-7  # sigmoid in float32 cannot tell smaller probabilities, nor their distance from 1


class _Map(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class IdentityMap(_Map):
    """Leave the probability as it is.

    Example:
        >>> IdentityMap()(np.array([0.3]))
        array([0.3])
    """

    method: Literal["none"] = "none"

    def __call__(self, probabilities: Probabilities) -> Probabilities:
        """Map probabilities of any shape."""
        return np.asarray(probabilities, dtype=float)


class TemperatureMap(_Map):
    """Divide the logit: q = sigmoid(logit(p) / T) (Guo et al., On Calibration of Modern Neural Networks, ICML 2017).

    Example:
        >>> TemperatureMap(temperature=2)(np.array([0.9])).round(3)
        array([0.75])
    """

    method: Literal["temperature"] = "temperature"
    temperature: float = Field(gt=0)

    def __call__(self, probabilities: Probabilities) -> Probabilities:
        """Map probabilities of any shape."""
        return expit(logits(probabilities) / self.temperature)


class PlattMap(_Map):
    """Scale and shift the logit: q = sigmoid(a logit(p) + b), a >= 0 (Platt, 1999).

    Example:
        >>> PlattMap(slope=1, intercept=0)(np.array([0.3])).round(3)
        array([0.3])
    """

    method: Literal["platt"] = "platt"
    slope: float = Field(ge=0)
    intercept: float

    def __call__(self, probabilities: Probabilities) -> Probabilities:
        """Map probabilities of any shape."""
        return expit(self.slope * logits(probabilities) + self.intercept)


class BetaMap(_Map):
    """q = sigmoid(a ln p - b ln(1 - p) + c), a, b >= 0 (Kull, Silva Filho and Flach, AISTATS 2017).

    Example:
        >>> BetaMap(a=1, b=1, c=0)(np.array([0.3])).round(3)
        array([0.3])
    """

    method: Literal["beta"] = "beta"
    a: float = Field(ge=0)
    b: float = Field(ge=0)
    c: float

    def __call__(self, probabilities: Probabilities) -> Probabilities:
        """Map probabilities of any shape."""
        inside = np.clip(probabilities, SMALLEST, 1 - SMALLEST)
        return expit(self.a * np.log(inside) - self.b * np.log1p(-inside) + self.c)


class IsotonicMap(_Map):
    """Interpolate between the steps of an isotonic regression (Zadrozny and Elkan, KDD 2002).

    Attributes:
        x: probabilities of the network, increasing.
        y: calibrated probabilities there, not decreasing.

    Example:
        >>> IsotonicMap(x=(0.1, 0.5), y=(0.0, 0.4))(np.array([0.0, 0.3, 0.9])).round(3)
        array([0. , 0.2, 0.4])
    """

    method: Literal["isotonic"] = "isotonic"
    x: tuple[float, ...] = Field(min_length=1)
    y: tuple[float, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _monotone(self) -> "IsotonicMap":
        if len(self.x) != len(self.y):
            raise ValueError(f"{len(self.x)} values of x and {len(self.y)} of y")
        if any(np.diff(self.x) <= 0) or any(np.diff(self.y) < 0):
            raise ValueError("x must increase and y must not decrease")
        if not 0 <= self.y[0] <= self.y[-1] <= 1:
            raise ValueError("y lies outside [0, 1]")
        return self

    def __call__(self, probabilities: Probabilities) -> Probabilities:
        """Map probabilities of any shape."""
        return np.asarray(np.interp(probabilities, self.x, self.y))


CalibrationMap = Annotated[
    IdentityMap | TemperatureMap | PlattMap | BetaMap | IsotonicMap, Field(discriminator="method")
]


def logits(probabilities: Probabilities) -> Probabilities:
    """Undo the sigmoid, within what float32 can tell.

    Example:
        >>> logits(np.array([0.5, 1.0])).round(2)
        array([ 0.  , 16.12])
    """
    return logit(np.clip(probabilities, SMALLEST, 1 - SMALLEST))
