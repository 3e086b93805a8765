"""Slow, obvious loops for every exported loss and reduction, straight from the formulas; unknown labels are None."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Cell = tuple[float, float]  # term, weight
Row = Sequence[float | None]


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def cross_entropy(z: float, y: float, pos_weight: float = 1.0) -> float:
    p = sigmoid(z)
    return -pos_weight * y * math.log(p) - (1 - y) * math.log(1 - p)


def masked_bce(
    z: float, y: float | None, finding: int, findings: int, pos_weight: Sequence[float] | None = None
) -> Cell:
    if y is None:
        return 0.0, 0.0
    return cross_entropy(z, y, 1.0 if pos_weight is None else min(pos_weight[finding], 20.0)), 1.0


def assume_negative(z: float, y: float | None, finding: int, findings: int) -> Cell:
    return cross_entropy(z, 0.0 if y is None else y), 1.0


def weak_assume_negative(z: float, y: float | None, finding: int, findings: int, gamma: float | None = None) -> Cell:
    if y is not None:
        return cross_entropy(z, y), 1.0
    return cross_entropy(z, 0.0), 1 / (findings - 1) if gamma is None else gamma


@dataclass(frozen=True)
class Reference:
    """How one exported loss is checked by the contract test.

    `cell` gives (term, weight) of one cell; `ignores_unknown` says that unknown labels must have no influence;
    `settings` are constructor arguments to try on 3 findings, plain YAML types only.
    """

    cell: Callable[..., Cell]
    ignores_unknown: bool
    settings: tuple[Mapping[str, object], ...] = ({},)


LOSSES: dict[str, Reference] = {
    "MaskedBCELoss": Reference(masked_bce, True, ({}, {"pos_weight": [0.5, 3.0, 50.0]})),
    "AssumeNegativeLoss": Reference(assume_negative, False),
    "WeakAssumeNegativeLoss": Reference(weak_assume_negative, False, ({}, {"gamma": 0.25})),
}


def cells(name: str, logits: Sequence[Sequence[float]], targets: Sequence[Row], **settings: object) -> list[list[Cell]]:
    findings = len(logits[0])
    return [
        [
            LOSSES[name].cell(z, y, finding, findings, **settings)
            for finding, (z, y) in enumerate(zip(*row, strict=True))
        ]
        for row in zip(logits, targets, strict=True)
    ]


def mean_all(table: list[list[Cell]]) -> float:
    flat = [term * weight for row in table for term, weight in row]
    return sum(flat) / len(flat)


def total(table: list[list[Cell]]) -> float:
    return sum(term * weight for row in table for term, weight in row)


def mean_observed(table: list[list[Cell]]) -> float:
    flat = [term * weight for row in table for term, weight in row if weight > 0]
    return sum(flat) / len(flat) if flat else 0.0


def per_task(table: list[list[Cell]], n_min: float = 1) -> float:
    loss = 0.0
    for column in zip(*table, strict=True):
        part = [term * weight for term, weight in column if weight > 0]
        if part:
            loss += min(1, len(part) / n_min) * sum(part) / len(part)
    return loss


def durand(table: list[list[Cell]], alpha: float = -4.45, beta: float = 5.45, gamma: float = 1.0) -> float:
    loss = 0.0
    for row in table:
        part = [term * weight for term, weight in row if weight > 0]
        if part:
            loss += (alpha * (len(part) / len(row)) ** gamma + beta) / len(row) * sum(part)
    return loss / len(table)


REDUCTIONS: dict[str, Callable[[list[list[Cell]]], float]] = {
    "mean_all": mean_all,
    "mean_observed": mean_observed,
    "sum": total,
    "per_task": per_task,
    "durand": durand,
}
