"""How exactly a backend computes, and how far its probabilities may lie from PyTorch's in float32."""

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ...errors import ConfigError, suggestion
from ..logistic import expit

if TYPE_CHECKING:
    from torch import Tensor

Precision = Literal["fp32", "bf16", "int8"]

BOUNDS: dict[Precision, float] = {
    "fp32": 1e-4,  # only the order of float32 sums differs: below the four digits of which a report shows two
    "bf16": 0.02,  # 8 bits of mantissa give about 0.005; four times that, and no decision far from its threshold turns
    "int8": 0.05,  # 256 levels give 0.02 to 0.03; beyond this, thresholds of the float32 network are no longer its own
}
"""Largest allowed difference of a probability."""


def check_precision(name: str) -> Precision:
    """Return the precision of this name.

    Raises:
        ConfigError: there is none.

    Example:
        >>> check_precision("bf61")
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: precision 'bf61' is unknown; did you mean 'bf16'? (there are: fp32, bf16, int8)
    """
    for known in get_args(Precision):
        if name == known:
            return known  # type: ignore[no-any-return]
    names = get_args(Precision)
    raise ConfigError(f"precision {name!r} is unknown{suggestion(name, names)} (there are: {', '.join(names)})")


def difference(logits: "Tensor", expected: "Tensor") -> float:
    """Largest difference of a probability, max |σ(a) − σ(b)|; NaN if there is one on either side.

    Args:
        logits: (B, L), any device and floating-point type.
        expected: (B, L).

    Example:
        >>> import torch
        >>> difference(torch.zeros(1, 2), torch.tensor([[0.0, 20.0]]))
        0.5
    """
    return array_difference(logits.detach().cpu().double().numpy(), expected.detach().cpu().double().numpy())


def array_difference(logits: ArrayLike, expected: ArrayLike) -> float:
    """Largest difference of a probability, as `difference` gives it, of arrays.

    Example:
        >>> array_difference([[0.0, 0.0]], [[0.0, 20.0]])
        0.5
    """
    return round(float(np.abs(expit(logits) - expit(expected)).max()), 8)
