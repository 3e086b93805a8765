"""Self-paced loss correction, cell by cell."""

from references.losses.contract import EPOCH, Cell, Reference, each_cell, sigmoid
from references.losses.hill import focal, observed
from references.optimum import least


def cell(
    z: float,
    y: float | None,
    finding: int,
    findings: int,
    tau: float = 0.6,
    first_epoch: int = 2,
    margin: float = 1.0,
    gamma: float = 2.0,
) -> Cell:
    p = sigmoid(z)
    if y is not None:
        return observed(z, y, margin, gamma), 1.0
    return focal(p if first_epoch <= EPOCH and p > tau else 1 - p, gamma), 1.0


def optimum(rate: float, **settings: float) -> float:
    return least(rate, lambda z, y: cell(z, y, 0, 14, **settings)[0])


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=({}, {"first_epoch": 4, "margin": 0.5, "gamma": 1.5}, {"tau": 0.2}),
    optimum=optimum,
    optima=({"tau": 1.0}, {"first_epoch": 4, "gamma": 1.0}),  # once it corrects, p = 1 is an optimum
)
