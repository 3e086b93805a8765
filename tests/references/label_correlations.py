"""Losses on label correlations cell by cell, and outputs of a label-correlation network to try them on."""
# ruff: noqa: N803  G, L, u as in the formulas

import math

import torch
from torch import Tensor

from lucency.losses import (
    CooccurrenceAnchor,
    CorrelationConsistency,
    LabelContrast,
    LabelCorrelationLoss,
    LabelCorrelations,
    begin_epoch,
)
from lucency.losses import cooccurrence as table_of

Matrix = list[list[float]]
Targets = list[list[float | None]]


def batch(
    images: int = 5, findings: int = 4, projection: int = 3, seed: int = 0, spread: float = 1.0
) -> tuple[LabelCorrelations, Tensor]:
    """An output in float64, all of whose tensors are leaves, and targets: positive, negative, soft, unknown."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return spread * torch.randn(*shape, generator=generator, dtype=torch.float64)

    codes = torch.randint(0, 6, (images, findings), generator=generator)
    targets = torch.tensor([1.0, 1.0, 1.0, 0.0, 0.3, torch.nan], dtype=torch.float64)[codes]
    output = LabelCorrelations(
        normal(images, findings),
        normal(findings, findings).softmax(-1),
        normal(images, findings, findings).softmax(-1),
        torch.nn.functional.normalize(normal(images, findings, projection), dim=-1),
    )
    return LabelCorrelations(*(part.requires_grad_() for part in output)), targets


def complete(targets: Tensor, epoch: int = 3, **arguments: object) -> LabelCorrelationLoss:
    """A loss of all parts that knows its epoch."""
    loss = LabelCorrelationLoss(
        consistency=CorrelationConsistency(),
        anchor=CooccurrenceAnchor(cooccurrence=table_of(targets)),
        contrast=LabelContrast(),
        **arguments,
    )
    begin_epoch(loss, epoch, 10)
    return loss


def gradients(loss: LabelCorrelationLoss, output: LabelCorrelations, targets: Tensor) -> tuple[Tensor, tuple]:
    """The value, and its gradient by every output there is."""
    given = [part for part in output if part is not None]
    value = loss(output, targets)
    return value.detach(), torch.autograd.grad(value, given)


def rows(tensor: Tensor) -> Targets:
    return [[None if y != y else y for y in row] for row in tensor.tolist()]


def divergence(p: list[float], q: list[float]) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def distance(kind: str, g: list[float], local: list[float]) -> float:
    if kind == "mse":
        return sum((a - b) ** 2 for a, b in zip(g, local, strict=True))
    if kind == "kl":
        return divergence(g, local)
    middle = [(a + b) / 2 for a, b in zip(g, local, strict=True)]
    return (divergence(g, middle) + divergence(local, middle)) / 2


def consistency(G: Matrix, L: list[Matrix], targets: Targets, kind: str = "kl", which: str = "positive") -> float:
    distances = []
    for local, labels in zip(L, targets, strict=True):
        for c, y in enumerate(labels):
            if y == 1 or (which == "all" and y is not None):
                distances.append(distance(kind, G[c], local[c]))
    return sum(distances) / len(distances) if distances else 0.0


def cooccurrence(targets: Targets, epsilon: float) -> list[list[float | None]]:
    findings = range(len(targets[0]))
    table: list[list[float | None]] = []
    for c in findings:
        row: list[float | None] = []
        for other in findings:
            pairs = [labels[other] for labels in targets if labels[c] == 1 and labels[other] in (0, 1)]
            row.append(sum(pairs) / len(pairs) + epsilon if pairs else None)
        if all(share is None for share in row):
            row = [1.0 for _ in findings]
        total = sum(share for share in row if share is not None)
        table.append([None if share is None else share / total for share in row])
    return table


def anchor(table: list[list[float | None]], G: Matrix) -> float:
    distances = []
    for shares, row in zip(table, G, strict=True):
        known = [c for c, share in enumerate(shares) if share is not None]
        if len({shares[c] for c in known}) == 1:
            continue
        mass = sum(row[c] for c in known)
        distances.append(divergence([shares[c] for c in known], [row[c] / mass for c in known]))
    return sum(distances) / len(distances) if distances else 0.0
