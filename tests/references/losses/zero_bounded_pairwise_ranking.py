"""Zero-bounded log-sum-exp pairwise ranking, finding by finding."""

import math

from references.label_sets import Side, each_image
from references.losses.contract import Reference


def image_term(present: Side, absent: Side, temperature: float = 1.0) -> tuple[float, bool]:
    above = math.log(1 + sum(b * math.exp(z / temperature) for z, b in absent))
    below = math.log(1 + sum(a * math.exp(-z / temperature) for z, a in present))
    return above + below, bool(present or absent)


REFERENCE = Reference(
    table=each_image(image_term),
    ignores_unknown=True,
    settings=({}, {"temperature": 0.2}),
    independent=False,
    keeps_gradient=False,  # it is 1 / temperature
)
