"""Generalized assume negative, cell by cell."""

import math

from references.losses.contract import Cell, Reference, each_cell, sigmoid
from references.optimum import least


def robust(probability: float, q: float) -> float:
    return -math.log(probability) if q == 0 else (1 - probability**q) / q


def cell(
    z: float,
    y: float | None,
    finding: int,
    findings: int,
    q_neg: float = 0.7,
    q_pos: float = 0.0,
    unobserved_weight: float | str = 1.0,
    gamma: float = 0.0,
    detach_weight: bool = True,
    label_smoothing: float = 0.0,
) -> Cell:
    p = sigmoid(z)
    share = label_smoothing + (1 - 2 * label_smoothing) * (y or 0.0)
    negative = -math.log(1 - p) if y is not None else (1 - p) ** gamma * robust(1 - p, q_neg)
    term = share * robust(p, q_pos) + (1 - share) * negative
    if y is not None:
        return term, 1.0
    return term, 1 / (findings - 1) if unobserved_weight == "wan" else float(unobserved_weight)


def optimum(rate: float, **settings: float) -> float:
    def term(z: float, y: float | None) -> float:
        value, weight = cell(z, y, 0, 14, **settings)
        return value * weight

    return least(rate, term)


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=({}, {"q_neg": 0.3, "unobserved_weight": "wan"}),
    optimum=optimum,
    optima=({}, {"q_neg": 0.3}, {"q_neg": 0.3, "unobserved_weight": "wan"}, {"q_neg": 0.7, "q_pos": 0.7}),
)
