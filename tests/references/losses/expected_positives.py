"""Expected positive regularisation, cell by cell and then the count of the batch."""

import math

from references.losses.contract import Cell, Reference, Rows, Targets, cross_entropy, each_cell, sigmoid


def cell(z: float, y: float | None, finding: int, findings: int, **settings: object) -> Cell:
    return (0.0, 0.0) if y is None else (cross_entropy(z, y), 1.0)


def penalty(logits: Rows, expected_positives: float, norm: int = 2) -> float:
    count = sum(sigmoid(z) for row in logits for z in row) / len(logits)
    return (abs(count - expected_positives) / len(logits[0])) ** norm


def batch_term(
    logits: Rows, targets: Targets, expected_positives: float, weight: float = 1.0, norm: int = 2, **_: object
) -> float:
    return weight * penalty(logits, expected_positives, norm)


def optimum(rate: float, expected_positives: float, weight: float = 1.0) -> float:
    """Where -rate log p + weight (p - share)² of norm 2 is least: rate = 2 weight p (p - share)."""
    share = expected_positives / 14
    return (share + math.sqrt(share**2 + 2 * rate / weight)) / 2


REFERENCE = Reference(
    table=each_cell(cell),
    batch_term=batch_term,
    ignores_unknown=False,
    settings=({"expected_positives": 1.2}, {"expected_positives": 2.0, "weight": 0.5, "norm": 1}),
    independent=False,
    optimum=optimum,
    optima=({"expected_positives": 1.4}, {"expected_positives": 4.0, "weight": 3.0}),
)
