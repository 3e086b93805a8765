"""Large loss with permanent correction: the first batch, in which nothing is corrected yet."""

from references.losses.contract import Reference, Rows, Table, Targets, cross_entropy
from references.losses.large_loss import largest, unknown_places


def table(logits: Rows, targets: Targets, delta_rel: float = 0.1, per_class: bool = False, **_: object) -> Table:
    chosen = largest(logits, unknown_places(targets), 1, delta_rel, per_class)
    return [
        [
            (cross_entropy(z, float((b, c) in chosen) if y is None else y), 1.0)
            for c, (z, y) in enumerate(zip(row_z, row_y, strict=True))
        ]
        for b, (row_z, row_y) in enumerate(zip(logits, targets, strict=True))
    ]


SIZE = {"images": 7, "findings": 3}
REFERENCE = Reference(
    table=table,
    ignores_unknown=False,
    settings=({**SIZE, "delta_rel": 16}, {**SIZE, "delta_rel": [8, 0, 24]}),
    independent=False,
    duplicated_mean=False,  # a count is rounded up
    smooth=False,  # each call corrects more
)
