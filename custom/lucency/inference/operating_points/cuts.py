"""Every way to divide the images of one finding by a threshold, and the one that a rule asks for."""

from dataclasses import dataclass

import numpy as np

from ...errors import LucencyError
from ...metrics.inputs import FloatArray, IntArray
from .rule import Rule

TOLERANCE = 1e-12  # relative distance below which two probabilities are one: platforms round logarithms differently


class UnattainableError(LucencyError):
    """No threshold does what the rule asks for."""


@dataclass(frozen=True, eq=False)
class Cuts:
    """The achievable divisions into present (probability >= threshold) and absent, fewest alerts first.

    Calling nothing present is not among them: it is no operating point. Equal probabilities stay together.

    Attributes:
        at: (K,) lowest probability that is called present.
        below: (K,) highest that is not; 0 for the last cut, which calls everything present.
        alerts: (K,) images called present, labelled or not.
        true_positives: (K,) those with a positive label.
        false_positives: (K,) those with a negative label.
        images, positives, negatives: all there are.
    """

    at: FloatArray
    below: FloatArray
    alerts: IntArray
    true_positives: IntArray
    false_positives: IntArray
    images: int
    positives: int
    negatives: int

    def threshold(self, cut: int) -> float:
        """Shortest decimal in the middle half of the gap, so that no rounding of either side changes a decision."""
        middle = (self.at[cut] + self.below[cut]) / 2
        quarter = (self.at[cut] - self.below[cut]) / 4
        decimals = (float(f"{middle:.{digits}g}") for digits in range(1, 18))  # 17 digits are exact
        return next(decimal for decimal in decimals if abs(decimal - middle) <= quarter)


def list_cuts(probabilities: FloatArray, targets: FloatArray) -> Cuts:
    """List the cuts of one finding.

    Args:
        probabilities: (N,) in [0, 1].
        targets: (N,) of 1, 0, or NaN for unknown, which counts as an alert but neither as right nor as wrong.

    Example:
        >>> cuts = list_cuts(np.array([0.2, 0.6, 0.6, 0.1]), np.array([0, 1, np.nan, 0]))
        >>> cuts.at, cuts.alerts, cuts.true_positives, cuts.threshold(0)
        (array([0.6, 0.2, 0.1]), array([2, 3, 4]), array([1, 1, 1]), 0.4)
    """
    order = np.argsort(-probabilities, kind="stable")
    falling, labels = probabilities[order], targets[order]
    after = np.append(falling[1:], 0.0)
    ends = np.flatnonzero(falling - after > TOLERANCE * falling)
    if len(falling) and (not len(ends) or ends[-1] != len(falling) - 1):  # the lowest probability is 0
        ends = np.append(ends, len(falling) - 1)
    return Cuts(
        at=falling[ends],
        below=after[ends],
        alerts=ends + 1,
        true_positives=np.cumsum(labels == 1)[ends],
        false_positives=np.cumsum(labels == 0)[ends],
        images=len(falling),
        positives=int((labels == 1).sum()),
        negatives=int((labels == 0).sum()),
    )


def choose_threshold(cuts: Cuts, rule: Rule) -> float:
    """Choose the threshold that a rule asks for.

    ``sensitivity``: fewest alerts that reach it. ``specificity``, ``ppv``: most true positives while it is reached,
    then fewest alerts. ``alert_rate``: most alerts within the budget. ``youden``: the greatest J, then fewest alerts.

    Raises:
        UnattainableError: no cut does; the nearest miss is named.

    Example:
        >>> cuts = list_cuts(np.array([0.9, 0.7, 0.5, 0.3]), np.array([1, 0, 1, 0]))
        >>> [choose_threshold(cuts, Rule.parse(text)) for text in ("sensitivity=0.5", "ppv=0.6", "alert_rate=0.5")]
        [0.8, 0.4, 0.6]
    """
    if rule.kind == "given":
        assert rule.target is not None  # noqa: S101 - a Rule makes sure
        return rule.target
    if not cuts.images or (rule.needs_labels and not (cuts.positives and cuts.negatives)):
        raise UnattainableError("no image shows what it asks for: there must be positives and negatives with a score")
    if rule.kind == "youden":
        return _youden(cuts)
    with np.errstate(invalid="ignore", divide="ignore"):
        reached = {
            "sensitivity": cuts.true_positives / cuts.positives,
            "specificity": (cuts.negatives - cuts.false_positives) / cuts.negatives,
            "ppv": cuts.true_positives / (cuts.true_positives + cuts.false_positives),
            "alert_rate": cuts.alerts / cuts.images,
        }[rule.kind]
    target = rule.target
    if rule.kind == "alert_rate":
        within = np.flatnonzero(reached <= target)
        if not len(within):
            raise UnattainableError(f"the highest score alone makes {reached[0]:.4f} of the images alerts")
        return cuts.threshold(int(within[-1]))
    found = cuts.true_positives > 0
    meets = np.flatnonzero(found & (reached >= target))
    if not len(meets):
        raise UnattainableError(f"a threshold that finds a positive image has at most {reached[found].max():.4f}")
    if rule.kind == "sensitivity":
        return cuts.threshold(int(meets[0]))
    return cuts.threshold(int(meets[np.argmax(cuts.true_positives[meets])]))


def _youden(cuts: Cuts) -> float:
    # J times positives times negatives, in whole numbers: ties are ties
    scaled = cuts.true_positives * cuts.negatives - cuts.false_positives * cuts.positives
    best = int(np.argmax(scaled))
    if scaled[best] <= 0:
        raise UnattainableError("the scores do not tell present from absent: J is nowhere above 0")
    return cuts.threshold(best)
