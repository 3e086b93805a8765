"""Slow, obvious operating points of one finding: every threshold is tried; unknown labels are NaN."""

from collections.abc import Sequence

import numpy as np

Figures = dict[str, float | None]


def figures(decisions: Sequence[float], targets: Sequence[float], weights: Sequence[int] | None = None) -> Figures:
    """Count image by image; a decision is 1, 0, or NaN where there is no score; weights count images."""
    counts = dict.fromkeys(("tp", "fp", "tn", "fn", "alerts", "images"), 0)
    times = [1] * len(decisions) if weights is None else weights
    for decision, target, count in zip(decisions, targets, times, strict=True):
        if decision != decision:
            continue
        counts["images"] += count
        counts["alerts"] += count * int(decision == 1)
        if target == target:
            counts[("t" if decision == target else "f") + ("p" if decision == 1 else "n")] += count
    pairs = {
        "sensitivity": (counts["tp"], counts["tp"] + counts["fn"]),
        "specificity": (counts["tn"], counts["tn"] + counts["fp"]),
        "ppv": (counts["tp"], counts["tp"] + counts["fp"]),
        "npv": (counts["tn"], counts["tn"] + counts["fn"]),
        "alert_rate": (counts["alerts"], counts["images"]),
    }
    return {name: hits / base if base else None for name, (hits, base) in pairs.items()}


def best_division(
    probabilities: Sequence[float], targets: Sequence[float], kind: str, target: float | None
) -> set[int] | None:
    """Images called present by the best threshold for a rule; ``None`` if there is no such threshold."""
    divisions = []
    for threshold in set(probabilities):
        decisions = [float(p >= threshold) for p in probabilities]
        measured = figures(decisions, targets)
        sensitivity, alerts = measured["sensitivity"], sum(decisions)
        if kind == "alert_rate":
            fits, worth = measured["alert_rate"] <= target, (alerts,)
        elif kind == "youden":
            j = sensitivity + measured["specificity"] - 1
            fits, worth = j > 1e-9, (round(j, 9), -alerts)
        else:
            value = measured[kind]
            fits = sensitivity > 0 and value is not None and value >= target
            worth = (-alerts,) if kind == "sensitivity" else (sensitivity, -alerts)
        if fits:
            divisions.append((worth, {image for image, decision in enumerate(decisions) if decision}))
    return max(divisions, key=lambda division: division[0])[1] if divisions else None


def called(probabilities: Sequence[float], threshold: float) -> set[int]:
    """Images whose probability reaches a threshold."""
    return set(np.flatnonzero(np.asarray(probabilities) >= threshold).tolist())
