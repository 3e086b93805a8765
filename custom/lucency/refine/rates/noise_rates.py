"""Rates of wrong labels with where they came from."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ...errors import LucencyError
from ..entries import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class NoiseRates:
    """Share of wrong labels of every finding and observed label; row 0 of negatives, row 1 of positives.

    Args:
        values: (2, C) float64 in [0, 1), capped: what training forgets.
        estimates: (2, C) before caps; NaN where nothing could be estimated and the prior counts.
        counts: (2, C) observed labels.
        sources: for both rows, C names of what `values` come from: a method of `METHODS`.
        notices: for both rows, C remarks; empty where there is nothing to say.

    Example:
        >>> from lucency.refine.rates import noise_rates
        >>> noise_rates("prior", [[1], [0], [0], [0]]).table(["edema"])[["finding", "label", "entries", "rate"]]
          finding     label  entries  rate
        0   edema  positive        1  0.10
        1   edema  negative        3  0.02
    """

    values: FloatArray
    estimates: FloatArray
    counts: IntArray
    sources: tuple[tuple[str, ...], tuple[str, ...]]
    notices: tuple[tuple[str, ...], tuple[str, ...]]

    def table(self, findings: Sequence[str]) -> pd.DataFrame:
        """One row a stratum: finding, label, entries, estimate, rate, source, notice.

        Args:
            findings: C names.

        Raises:
            LucencyError: there are not C names.
        """
        if len(findings) != self.values.shape[1]:
            raise LucencyError(f"{len(findings)} finding names for rates of {self.values.shape[1]}; give one a finding")
        rows = [
            {
                "finding": finding,
                "label": ("negative", "positive")[label],
                "entries": int(self.counts[label, column]),
                "estimate": float(self.estimates[label, column]),
                "rate": float(self.values[label, column]),
                "source": self.sources[label][column],
                "notice": self.notices[label][column],
            }
            for column, finding in enumerate(findings)
            for label in (1, 0)
        ]
        return pd.DataFrame(rows)
