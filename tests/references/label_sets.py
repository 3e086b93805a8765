"""What is present in an image and what is absent, finding by finding; unknown labels are None and on neither side."""

import math
from collections.abc import Callable, Sequence

from references.losses.contract import Rows, Table, Targets

Side = list[tuple[float, float]]  # logit and weight of each finding on this side
ImageTerm = Callable[..., tuple[float, bool]]  # (present, absent, **settings) -> term, takes part


def sides(row_z: Sequence[float], row_y: Sequence[float | None], weight: Sequence[float]) -> tuple[Side, Side]:
    known = [(z, y, w) for z, y, w in zip(row_z, row_y, weight, strict=True) if y is not None]
    present = [(z, w * y) for z, y, w in known if w * y > 0]
    absent = [(z, w * (1 - y)) for z, y, w in known if w * (1 - y) > 0]
    return present, absent


def each_image(image_term: ImageTerm) -> Callable[..., Table]:
    """A table (B, 1) from a function of one image."""

    def table(
        logits: Rows, targets: Targets, weight: Sequence[float] | None = None, unknown: str = "ignore", **settings
    ) -> Table:
        if unknown == "negative":
            targets = [[0.0 if y is None else y for y in row] for row in targets]
        rows = []
        for row_z, row_y in zip(logits, targets, strict=True):
            term, takes_part = image_term(*sides(row_z, row_y, weight or [1.0] * len(row_z)), **settings)
            rows.append([(term, float(takes_part))])
        return rows

    return table


def pairs(present: Side, absent: Side, low: float = 1.0, high: float = 1.0) -> tuple[float, bool]:
    """Logarithm of 1 plus all pairs; with temperatures, each side is a power mean first."""
    if not present or not absent:
        return 0.0, False
    if low == high == 1.0:
        return math.log(1 + sum(a * b * math.exp(n - p) for p, a in present for n, b in absent)), True
    s_p = sum(a * math.exp(-p / low) for p, a in present) ** low
    s_n = sum(b * math.exp(n / high) for n, b in absent) ** high
    return math.log(1 + s_p * s_n), True
