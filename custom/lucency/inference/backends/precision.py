"""How exactly a backend computes, and how far its probabilities may lie from PyTorch's in float32."""

from typing import Literal, get_args

from torch import Tensor

from ...bundle.keys import suggestion
from ...errors import ConfigError

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


def difference(logits: Tensor, expected: Tensor) -> float:
    """Largest difference of a probability, max |σ(a) − σ(b)|; NaN if there is one on either side.

    Args:
        logits: (B, L), any device and floating-point type.
        expected: (B, L).

    Example:
        >>> import torch
        >>> difference(torch.zeros(1, 2), torch.tensor([[0.0, 20.0]]))
        0.5
    """
    gaps = logits.detach().cpu().double().sigmoid() - expected.detach().cpu().double().sigmoid()
    return round(float(gaps.abs().max()), 8)
