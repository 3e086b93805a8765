"""Ages of a study table: years, or unknown."""

import numpy as np
import pandas as pd

from ..errors import TableError
from ..files import first_few

OLDEST_AGE = 130  # years; a larger number is a typing error or another unit


def check_ages(ages: pd.Series, name: str) -> pd.Series:
    """Return `ages` (text or numbers, blank or NaN for unknown) as float64 years.

    Raises:
        TableError: an age is not a number between 0 and 130.

    Example:
        >>> check_ages(pd.Series(["61", "", "0.5"]), "table.csv").tolist()
        [61.0, nan, 0.5]
    """
    years = pd.to_numeric(ages, errors="coerce").astype("float64")
    blank = ages.isna()
    if not pd.api.types.is_numeric_dtype(ages):
        blank |= ages.astype(str).eq("")
    wrong = ~blank & ~years.between(0, OLDEST_AGE)
    if wrong.any():
        rows = [f"row {row + 1}" for row in np.flatnonzero(wrong)]
        raise TableError(
            f"{name}: age is {ages[wrong].iloc[0]!r} in {first_few(rows)}; "
            f"give years between 0 and {OLDEST_AGE}, or leave it blank"
        )
    return years
