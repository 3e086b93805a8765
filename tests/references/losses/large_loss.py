"""Large loss: rank the unknown labels of the batch by their loss, one by one."""

import math
from collections.abc import Sequence

from references.losses.contract import EPOCH, Reference, Rows, Table, Targets, cross_entropy

Place = tuple[int, int]


def largest(
    logits: Rows, unknown: Sequence[Place], times: int, delta_rel: float | Sequence[float], per_class: bool = False
) -> set[Place]:
    """Places of the unknown labels with the largest loss of a negative."""
    images, findings = len(logits), len(logits[0])
    rates = list(delta_rel) if isinstance(delta_rel, Sequence) else [delta_rel] * findings
    if not (per_class or isinstance(delta_rel, Sequence)):
        return set(first(logits, unknown, images * findings * times * rates[0] / 100))
    chosen: set[Place] = set()
    for finding in range(findings):
        column = [place for place in unknown if place[1] == finding]
        chosen |= set(first(logits, column, images * times * rates[finding] / 100))
    return chosen


def first(logits: Rows, places: Sequence[Place], share: float) -> list[Place]:
    by_loss = sorted(places, key=lambda place: -cross_entropy(logits[place[0]][place[1]], 0.0))
    return by_loss[: math.ceil(round(share, 9))]


def unknown_places(targets: Targets) -> list[Place]:
    return [(b, c) for b, row in enumerate(targets) for c, y in enumerate(row) if y is None]


def table(
    logits: Rows, targets: Targets, mode: str = "reject", delta_rel: float = 0.2, per_class: bool = False, **_: object
) -> Table:
    chosen = largest(logits, unknown_places(targets), EPOCH - 1, delta_rel, per_class)
    return [
        [
            (cross_entropy(z, float((b, c) in chosen and mode == "correct") if y is None else y), weight)
            for c, (z, y) in enumerate(zip(row_z, row_y, strict=True))
            for weight in [0.0 if (b, c) in chosen and mode == "reject" else 1.0]
        ]
        for b, (row_z, row_y) in enumerate(zip(logits, targets, strict=True))
    ]


REFERENCE = Reference(
    table=table,
    ignores_unknown=False,
    settings=(
        {"mode": "reject", "delta_rel": 8},
        {"mode": "correct", "delta_rel": 8},
        {"mode": "reject", "delta_rel": 10, "per_class": True},
        {"mode": "correct", "delta_rel": [4, 0, 12]},
    ),
    independent=False,
    duplicated_mean=False,  # a count is rounded up
)
