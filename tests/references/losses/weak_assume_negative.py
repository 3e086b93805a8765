"""Weak assume negative, cell by cell."""

from references.losses.contract import Cell, Reference, cross_entropy, each_cell


def cell(z: float, y: float | None, finding: int, findings: int, gamma: float | None = None) -> Cell:
    if y is not None:
        return cross_entropy(z, y), 1.0
    return cross_entropy(z, 0.0), 1 / (findings - 1) if gamma is None else gamma


def optimum(rate: float, gamma: float = 1 / 13) -> float:
    odds = rate / (gamma * (1 - rate))
    return odds / (1 + odds)


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=({}, {"gamma": 0.25}),
    optimum=optimum,
    optima=({}, {"gamma": 0.25}),
)
