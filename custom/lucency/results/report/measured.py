"""A figure with its interval, and what all parts of a report have in common."""

import math

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Frozen, without unknown keys, NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Measured(Record):
    """A figure with its 95 % interval; all ``None`` where it is not defined.

    Example:
        >>> Measured.of(0.8, 0.7, float("nan"))
        Measured(value=0.8, low=0.7, high=None)
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, value: float, low: float, high: float) -> "Measured":
        """Take numbers of which some may be NaN."""
        return cls(value=known(value), low=known(low), high=known(high))

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def known(value: float) -> float | None:
    """A plain number, or ``None`` for NaN.

    Example:
        >>> known(float("nan")), known(0.5)
        (None, 0.5)
    """
    return None if math.isnan(value) else float(value)
