"""Masked binary cross entropy, cell by cell."""

from collections.abc import Sequence

from references.losses.contract import Cell, Reference, cross_entropy, each_cell


def cell(z: float, y: float | None, finding: int, findings: int, pos_weight: Sequence[float] | None = None) -> Cell:
    if y is None:
        return 0.0, 0.0
    return cross_entropy(z, y, 1.0 if pos_weight is None else min(pos_weight[finding], 20.0)), 1.0


REFERENCE = Reference(
    table=each_cell(cell), ignores_unknown=True, settings=({}, {"pos_weight": [0.5, 3.0, 50.0]}), keeps_gradient=True
)
