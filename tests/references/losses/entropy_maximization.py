"""Entropy maximization, cell by cell."""

from references.losses.contract import Cell, Reference, cross_entropy, each_cell, sigmoid
from references.optimum import least


def cell(z: float, y: float | None, finding: int, findings: int, alpha: float = 0.1) -> Cell:
    return (-alpha * cross_entropy(z, sigmoid(z)) if y is None else cross_entropy(z, y)), 1.0


def optimum(rate: float, alpha: float = 0.1) -> float:
    return least(rate, lambda z, y: cell(z, y, 0, 14, alpha)[0])


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=({}, {"alpha": 0.5}),
    optimum=optimum,
    optima=({}, {"alpha": 0.2}),
)
