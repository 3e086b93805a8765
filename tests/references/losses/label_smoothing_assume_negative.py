"""Label smoothing assume negative, cell by cell."""

from references.losses.contract import Cell, Reference, cross_entropy, each_cell


def cell(z: float, y: float | None, finding: int, findings: int, epsilon: float = 0.1) -> Cell:
    return cross_entropy(z, epsilon + (1 - 2 * epsilon) * (y or 0.0)), 1.0


def optimum(rate: float, epsilon: float = 0.1) -> float:
    return rate + epsilon * (1 - 2 * rate)


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=({}, {"epsilon": 0.25}),
    keeps_gradient=False,  # it is 1 - epsilon
    optimum=optimum,
    optima=({}, {"epsilon": 0.25}),
)
