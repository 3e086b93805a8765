"""Co-teaching, cell by cell; given the logits of one network while all labels are kept, masked cross entropy."""

from collections.abc import Sequence

from references.losses.contract import Reference, Rows, Targets, cross_entropy


def mean_of_kept(logits: Rows, targets: Targets, kept: Sequence[Sequence[bool]]) -> float:
    terms = [
        cross_entropy(z, y)
        for row_z, row_y, row_kept in zip(logits, targets, kept, strict=True)
        for z, y, chosen in zip(row_z, row_y, row_kept, strict=True)
        if y is not None and chosen
    ]
    return sum(terms) / len(terms) if terms else 0.0


def of_two(
    first: Rows,
    second: Rows,
    targets: Targets,
    kept_by_first: Sequence[Sequence[bool]],
    kept_by_second: Sequence[Sequence[bool]],
) -> float:
    return mean_of_kept(first, targets, kept_by_second) + mean_of_kept(second, targets, kept_by_first)


def value(logits: Rows, targets: Targets, **_: object) -> float:
    return mean_of_kept(logits, targets, [[True] * len(row) for row in logits])


REFERENCE = Reference(
    value=value,
    ignores_unknown=True,
    settings=({"images": 7, "findings": 3},),
    keeps_gradient=False,  # no reduction to sum up with
)
