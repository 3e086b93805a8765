"""Generalized robust loss, cell by cell."""

import math
from collections.abc import Sequence

from references.losses.contract import EPOCH, MAX_EPOCHS, Cell, Reference, cross_entropy, each_cell, sigmoid
from references.losses.generalized_assume_negative import robust
from references.optimum import balance


def weights(
    p: float,
    linear_epochs: int = 0,
    belief_slope: Sequence[float] = (0, 2),
    belief_offset: Sequence[float] = (-2, -2),
    centre: Sequence[float] = (0.5, 0.8),
    width: Sequence[float] = (2, 0.5),
) -> tuple[float, float]:
    """V and K."""
    early = max(EPOCH - linear_epochs - 1, 0) / (MAX_EPOCHS - linear_epochs)
    late = max(EPOCH - linear_epochs, 0) / (MAX_EPOCHS - linear_epochs)
    w = (1 - early) * belief_slope[0] + early * belief_slope[1]
    b = (1 - early) * belief_offset[0] + early * belief_offset[1]
    mu = (1 - late) * centre[0] + late * centre[1]
    sigma = (1 - late) * width[0] + late * width[1]
    return math.exp(-((p - mu) ** 2) / (2 * sigma**2)), sigmoid(w * p + b)


def cell(
    z: float,
    y: float | None,
    finding: int,
    findings: int,
    q_missed: float = 0.01,
    q_assumed: float = 1.0,
    **schedule: Sequence[float],
) -> Cell:
    if y is not None:
        return cross_entropy(z, y), 1.0
    p = sigmoid(z)
    v, k = weights(p, **schedule)
    return v * (k * robust(p, q_missed) + (1 - k) * robust(1 - p, q_assumed)), 1.0


def slope(p: float, q_missed: float = 0.01, q_assumed: float = 1.0, **schedule: Sequence[float]) -> float:
    """Derivative by the logit of an unknown label."""
    v, k = weights(p, **schedule)
    return v * (-k * (1 - p) * p**q_missed + (1 - k) * p * (1 - p) ** q_assumed)


def optimum(rate: float, **settings: float) -> float:
    return balance(rate, lambda p: p - 1, lambda p: slope(p, **settings))


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=(
        {},
        {"q_missed": 0.3, "q_assumed": 0.5, "linear_epochs": 1, "width": [1.0, 0.2], "belief_offset": [-1.0, 1.0]},
    ),
    smooth=False,  # belief and weight are detached
    optimum=optimum,
    optima=({}, {"q_assumed": 0.5}),
    rates=(0.02, 0.07, 0.2),  # with q_assumed=1 nothing bounds a finding that is recorded more often
)
