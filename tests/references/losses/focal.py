"""Focal loss, cell by cell."""

from references.losses import hill
from references.losses.contract import Cell, Reference, each_cell, sigmoid
from references.optimum import least


def cell(z: float, y: float | None, finding: int, findings: int, gamma: float = 2.0) -> Cell:
    p, share = sigmoid(z), y or 0.0
    return share * hill.focal(p, gamma) + (1 - share) * hill.focal(1 - p, gamma), 1.0


def optimum(rate: float, gamma: float = 2.0) -> float:
    return least(rate, lambda z, y: cell(z, y, 0, 14, gamma)[0])


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=({}, {"gamma": 0.5}),
    optimum=optimum,
    optima=({}, {"gamma": 0.5}),
)
