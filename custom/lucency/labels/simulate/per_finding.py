"""Numbers that may differ by finding."""

import difflib
import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConfigError, LabelError

PerFinding: TypeAlias = "float | Mapping[str, float] | pd.Series"
"""One number for all findings, or a mapping from finding ids to numbers."""


def per_finding(
    argument: str, value: PerFinding, findings: Sequence[str], *, unnamed: float = 0.0, most: float = 1.0
) -> NDArray[np.float64]:
    """Spread a number, or a mapping from finding ids to numbers, over the findings.

    Args:
        argument: what to call it in an error.
        value: from 0 to `most`.
        findings: ids in the order of the result.
        unnamed: what a finding gets that the mapping does not name.
        most: upper bound.

    Returns:
        float64 (L,).

    Raises:
        ConfigError: no number, or out of bounds.
        LabelError: the mapping names something else than one of the findings.

    Example:
        >>> per_finding("fn_rate", {"edema": 0.2}, ["effusion", "edema"]).tolist()
        [0.0, 0.2]
        >>> per_finding("fn_rate", {"edema": 1.2}, ["effusion", "edema"])
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: fn_rate of 'edema' cannot be 1.2; give a number from 0 to 1
    """
    if not isinstance(value, Mapping | pd.Series):
        return np.full(len(findings), _number(argument, value, most))
    numbers = {name: _number(f"{argument} of '{name}'", number, most) for name, number in value.items()}
    for name in numbers:
        if name not in findings:
            near = difflib.get_close_matches(str(name), findings, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"they are {', '.join(findings)}"
            raise LabelError(f"{argument}: '{name}' is not among the findings; {hint}")
    return np.array([numbers.get(finding, unnamed) for finding in findings])


def _number(argument: str, value: object, most: float) -> float:
    number = math.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
    if not 0 <= number <= most or math.isinf(number):
        bounds = f"from 0 to {most:g}" if math.isfinite(most) else "of 0 or more"
        raise ConfigError(f"{argument} cannot be {value!r}; give a number {bounds}")
    return number
