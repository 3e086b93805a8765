"""Asymmetric loss, cell by cell."""

from references.losses.contract import Cell, Reference, each_cell, sigmoid
from references.losses.hill import focal
from references.optimum import least


def cell(
    z: float,
    y: float | None,
    finding: int,
    findings: int,
    gamma_neg: float = 4.0,
    gamma_pos: float = 0.0,
    clip: float = 0.05,
) -> Cell:
    p, share = sigmoid(z), y or 0.0
    return share * focal(p, gamma_pos) + (1 - share) * focal(1 - max(p - clip, 0.0), gamma_neg), 1.0


def optimum(rate: float, **settings: float) -> float:
    return least(rate, lambda z, y: cell(z, y, 0, 14, **settings)[0])


REFERENCE = Reference(
    table=each_cell(cell),
    ignores_unknown=False,
    settings=(
        {},
        {"gamma_neg": 0.5, "gamma_pos": 1.0, "clip": 0.2},
        {"gamma_neg": 1.0, "gamma_pos": 0.5, "clip": 0.0},
    ),
    keeps_gradient=False,  # the margin bounds the term of a negative
    optimum=optimum,
    optima=({}, {"clip": 0.0}, {"gamma_neg": 2.0, "gamma_pos": 1.0, "clip": 0.2}),
)
