"""Product of the probabilities of what is present."""

import math

from references.label_sets import Side, each_image
from references.losses.contract import Reference, sigmoid


def image_term(present: Side, absent: Side) -> tuple[float, bool]:
    return -math.prod(sigmoid(z) ** a for z, a in present), bool(present)


REFERENCE = Reference(table=each_image(image_term), ignores_unknown=True, independent=False, keeps_gradient=False)
