"""What both networks make of every known label, as a table: what a round of reading is ranked by."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.floating]


def entry_table(
    *,
    images: Sequence[str],
    patients: Sequence[str] | None,
    findings: Sequence[str],
    targets: Array,
    probabilities: Array,
    losses: Array,
    vog: Array | None,
    keep: NDArray[np.bool_],
) -> pd.DataFrame:
    """One row a known label, sorted as the images and the findings are.

    Args:
        images: N names, as column `image` of the study table has them.
        patients: N, or None for no such column.
        findings: L ids.
        targets: (N, L) of 1, 0, or NaN for a label that is unknown or soft.
        probabilities: (2, N, L) of the first and the second network.
        losses: (2, N, L).
        vog: (2, N, L), or None while there is none.
        keep: (2, N, L).

    Returns:
        Columns `image`, `patient`, `finding`, `observed` int8, and of the first network `probability`, `loss`, `vog`
        float32 (NaN while there is none) and `kept` bool, of the second the same with `_second`.

    Example:
        >>> ones = np.ones((2, 1, 2))
        >>> arrays = dict(probabilities=0.5 * ones, losses=0.7 * ones, vog=None, keep=ones > 0)
        >>> about = dict(images=["a.png"], patients=None, findings=["edema", "mass"])
        >>> frame = entry_table(**about, targets=np.array([[1, np.nan]]), **arrays)
        >>> frame[["image", "finding", "observed", "loss", "kept_second"]].values.tolist()
        [['a.png', 'edema', 1, 0.699999988079071, True]]
    """
    rows, columns = np.nonzero(~np.isnan(targets))
    values: dict[str, object] = {"image": np.array(images, dtype=object)[rows]}
    if patients is not None:
        values["patient"] = np.array(patients, dtype=object)[rows]
    values["finding"] = np.array(findings, dtype=object)[columns]
    values["observed"] = targets[rows, columns].astype(np.int8)
    unmoved = np.full_like(losses, np.nan) if vog is None else vog
    for name, arrays in (("probability", probabilities), ("loss", losses), ("vog", unmoved)):
        for suffix, array in zip(("", "_second"), arrays, strict=True):
            values[name + suffix] = array[rows, columns].astype(np.float32)
    for suffix, mask in zip(("", "_second"), keep, strict=True):
        values["kept" + suffix] = mask[rows, columns]
    texts = ("image", "patient", "finding")
    return pd.DataFrame({name: pd.Series(v, dtype=str if name in texts else None) for name, v in values.items()})
