"""Regularised online label estimation, cell by cell; what carries no gradient has the same value."""

import math

import torch

from lucency.losses.online_label_estimation import first_estimates
from references.losses.contract import Reference, Rows, Targets, cross_entropy, sigmoid
from references.losses.expected_positives import penalty

NAN = math.nan
TRAINING_TARGETS = [[1.0, NAN, NAN], [0.0, 1.0, NAN], [NAN, NAN, 0.3], [NAN] * 3, [1.0, 1.0, 1.0], [NAN] * 3, [0.0] * 3]


def value(
    logits: Rows,
    targets: Targets,
    estimates: Rows | None = None,
    expected_positives: float = 1.0,
    weight: float = 1.0,
    seed: int = 0,
    **_: object,
) -> float:
    """`estimates` are the rows of the table for these images; those of a fresh table unless given."""
    if estimates is None:
        estimates = first_estimates(torch.tensor(TRAINING_TARGETS), seed).tolist()
    total = 0.0
    for row_z, row_w, row_y in zip(logits, estimates, targets, strict=True):
        for z, w, y in zip(row_z, row_w, row_y, strict=True):
            total += cross_entropy(z, sigmoid(w)) + cross_entropy(w, sigmoid(z))
            if y is not None:
                total += cross_entropy(z, y) + cross_entropy(w, y)
    penalties = penalty(logits, expected_positives) + penalty(estimates, expected_positives)
    return total / (2 * len(logits) * len(logits[0])) + weight / 2 * penalties


REFERENCE = Reference(
    value=value,
    ignores_unknown=False,
    settings=(
        {"training_targets": TRAINING_TARGETS, "expected_positives": 1.2},
        {"training_targets": TRAINING_TARGETS, "expected_positives": 2.0, "weight": 0.5, "seed": 3},
    ),
    independent=False,
    permutable_findings=False,  # its table has a column for each finding
    smooth=False,  # each half of the loss teaches only one side
    keeps_gradient=False,  # half of it; see test_online_label_estimation.py
)
