"""Hill loss, cell by cell."""

import math

from references.losses.contract import Cell, Reference, each_cell, sigmoid
from references.optimum import least


def focal(probability: float, gamma: float) -> float:
    return -((1 - probability) ** gamma) * math.log(probability)


def observed(z: float, y: float, margin: float, gamma: float) -> float:
    return y * focal(sigmoid(z - margin), gamma) - (1 - y) * math.log(1 - sigmoid(z))


def cell(
    z: float,
    y: float | None,
    finding: int,
    findings: int,
    lamb: float = 1.5,
    margin: float = 1.0,
    gamma: float = 2.0,
) -> Cell:
    p = sigmoid(z)
    return ((lamb - p) * p**2 if y is None else observed(z, y, margin, gamma)), 1.0


def optimum(rate: float, **settings: float) -> float:
    return least(rate, lambda z, y: cell(z, y, 0, 14, **settings)[0])


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=({}, {"lamb": 1.2, "margin": 0.5, "gamma": 1.5}),
    optimum=optimum,
    optima=({}, {"margin": 0.5, "gamma": 1.0}),
)
