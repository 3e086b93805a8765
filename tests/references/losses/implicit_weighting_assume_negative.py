"""Implicit weighting assume negative, cell by cell."""

from references.losses import generalized_assume_negative
from references.losses.contract import Cell, Reference, each_cell


def cell(z: float, y: float | None, finding: int, findings: int, gamma: float = 0.7, **settings: float) -> Cell:
    return generalized_assume_negative.cell(z, y, finding, findings, q_neg=0, gamma=gamma, **settings)


def optimum(rate: float, gamma: float = 0.7) -> float:
    return generalized_assume_negative.optimum(rate, q_neg=gamma)  # the loss whose value has that gradient


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=({}, {"gamma": 0.3, "unobserved_weight": 0.5}),
    smooth=False,  # the weight is detached
    optimum=optimum,
    optima=({}, {"gamma": 0.3}),
)
