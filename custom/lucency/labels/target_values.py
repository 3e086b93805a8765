"""The values that a target may have."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..errors import LabelError


def check_targets(targets: ArrayLike, findings: Sequence[str] | None = None) -> None:
    """Let nothing pass but numbers of [0, 1] and NaN.

    Args:
        targets: (B, L), or (L,) for one image; anything that NumPy reads.
        findings: ids of the L columns, named in the error.

    Raises:
        LabelError: a value outside [0, 1] that is not NaN, such as a raw -1 or 2; another shape or type.

    Example:
        >>> check_targets([[0.0, 1.0], [float("nan"), 0.7]])
        >>> check_targets([[0, 1], [-1, 0]], ["edema", "effusion"])
        Traceback (most recent call last):
        ...
        lucency.errors.LabelError: finding 'edema', row 1: -1 cannot be a target; targets are in [0, 1], or NaN where
        nothing is known: make them from label states with TargetPolicy
    """
    values = np.asarray(targets)
    if values.dtype.kind not in "biuf" or values.ndim not in (1, 2):
        raise LabelError(f"targets must be numbers in shape (B, L) or (L,), not {values.dtype} in {values.shape}")
    table = np.atleast_2d(values)
    names = [f"finding '{name}'" for name in findings or ()] or [f"column {i}" for i in range(table.shape[1])]
    if len(names) != table.shape[1]:
        raise LabelError(f"targets have {table.shape[1]} columns for {len(names)} findings; give one finding a column")
    wrong = np.argwhere(~(np.isnan(table) | ((table >= 0) & (table <= 1))))
    if len(wrong):
        row, column = wrong[0]
        more = f" and {len(wrong) - 1} more values" * (len(wrong) > 1)
        raise LabelError(
            f"{names[column]}, row {row}: {table[row, column]:g}{more} cannot be a target; targets are in [0, 1], or "
            "NaN where nothing is known: make them from label states with TargetPolicy"
        )
