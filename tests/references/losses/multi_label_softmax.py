"""Multi-label softmax loss: one softmax a present finding."""

import math

from references.label_sets import Side, each_image
from references.losses.contract import Reference


def cost(softmax: float, form: str, q: float) -> float:
    if form == "log" or (form == "gce" and q == 0):
        return -math.log(softmax)
    return -softmax if form == "prob" else (1 - softmax**q) / q


def image_term(
    present: Side, absent: Side, form: str = "log", q: float = 0.7, no_finding: str = "skip"
) -> tuple[float, bool]:
    threshold = no_finding == "threshold"
    takes_part = bool(present or absent) if threshold else bool(present and absent)
    if not takes_part:
        return 0.0, False
    rivals = absent + [(0.0, 1.0)] * threshold
    total = weights = 0.0
    for z, a in present:
        total += a * cost(math.exp(z) / (math.exp(z) + sum(b * math.exp(n) for n, b in rivals)), form, q)
        weights += a
    if threshold:  # it competes with what is absent, not with itself
        total += cost(1 / (1 + sum(b * math.exp(n) for n, b in absent)), form, q)
        weights += 1
    return total / weights, True


REFERENCE = Reference(
    table=each_image(image_term),
    ignores_unknown=True,
    settings=(
        {},
        {"form": "prob"},
        {"form": "gce", "q": 0.5},
        {"form": "gce", "q": 0},
        {"weight": [0.5, 2.0, 0.0]},
        {"no_finding": "threshold"},
        {"no_finding": "threshold", "form": "prob", "weight": [0.5, 2.0, 0.7]},
    ),
    independent=False,
    keeps_gradient=False,  # only the logarithm does
)
