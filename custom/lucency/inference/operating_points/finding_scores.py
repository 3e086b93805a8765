"""Calibrated scores of one finding: threshold, decisions, and decisions of patients the threshold has not seen."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...metrics.inputs import FloatArray, IntArray
from ...results.evaluation import PROBABILITY, TARGET
from ..site import Evidence, Site
from .cuts import UnattainableError, choose_threshold, list_cuts
from .rule import Rule


@dataclass(frozen=True, eq=False)
class FindingScores:
    """Scores of one finding.

    Attributes:
        probabilities: (N,) calibrated; NaN where there is none.
        targets: (N,) 1, 0, or NaN for unknown.
        patients: (N,) number of each image's patient.
    """

    probabilities: FloatArray
    targets: FloatArray
    patients: IntArray

    @classmethod
    def of(cls, scores: pd.DataFrame, finding: str, site: Site, patients: IntArray) -> "FindingScores":
        """Take a finding from a table as `check_scores` returns it, and calibrate it."""
        raw, targets = scores[PROBABILITY + finding].to_numpy(), scores[TARGET + finding].to_numpy()
        return cls(site.calibrate(finding, raw), targets, patients)

    @property
    def evidence(self) -> Evidence:
        """The images that have a label and a probability."""
        used = self._scored & ~np.isnan(self.targets)
        positives = int(self.targets[used].sum())
        return Evidence(
            positives=positives,
            negatives=int(used.sum()) - positives,
            patients=len(np.unique(self.patients[used])),
        )

    def threshold(self, rule: Rule, rows: NDArray[np.bool_] | bool = True) -> float:
        """Choose a threshold on some rows, or all.

        Raises:
            UnattainableError: they do not allow what the rule asks for.
        """
        used = self._scored & rows
        return choose_threshold(list_cuts(self.probabilities[used], self.targets[used]), rule)

    def decide(self, threshold: float) -> FloatArray:
        """1 present, 0 absent, NaN without a probability; (N,)."""
        return np.where(self._scored, self.probabilities >= threshold, np.nan)

    def decide_across(self, rule: Rule, fold_of_patient: IntArray) -> FloatArray | None:
        """Decide each fold's patients by the threshold that the others give; ``None`` if the rule fails on these."""
        decisions = np.full(len(self.targets), np.nan)
        fold_of_image = fold_of_patient[self.patients]
        for fold in np.unique(fold_of_image):
            inside = fold_of_image == fold
            try:
                decisions[inside] = self.decide(self.threshold(rule, ~inside))[inside]
            except UnattainableError:
                return None
        return decisions

    @property
    def _scored(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.probabilities)
