"""Ribs as a family of curves on the rib cage: rib number and distance from its midline at every pixel."""

import numpy as np

from .chest import Chest
from .shapes import Field, ramp, tube_wall

_FRONT_END = np.array([0, 0.30, 0.33, 0.38, 0.44, 0.5, 0.56, 0.63, 0.72, 0.83, 0.97, 1.1, 1.1, 1.1], dtype=np.float32)
"""Where, in half widths, the bony front end of ribs 1 to 11 lies; cartilage beyond is not drawn."""


def rib_bone(chest: Chest, jitter: Field) -> Field:
    """Bone of the back and front arcs of ribs 1 to 11, in cm.

    A point of rib k at angle φ round the cage (0 at the spine, π at the breastbone) has the height
    y = y₁ + spacing·(k−1) + drop(k)·h(φ), so that its back arc is flat and its front arc falls steeply towards the
    midline; the ray meets the cage at φ = asin u behind and π − asin u in front.

    Args:
        chest: the chest.
        jitter: small shifts of each rib in cm, (2, 14): right and left.
    """
    angle = np.arcsin(np.clip(chest.u * 0.965, 0, 0.999)).astype(np.float32)
    back = _arc(chest, angle, jitter, front=False)
    front = _arc(chest, np.float32(np.pi) - angle, jitter, front=True)
    over_lung = 0.55 + 0.45 * ramp(chest.dome - chest.y, 1.0)  # ribs over the abdomen are thin and blurred by breath
    return (back + front) * over_lung * ramp((1.06 - chest.u) * chest.anatomy.half_width, 0.4)


def _arc(chest: Chest, angle: Field, jitter: Field, front: bool) -> Field:
    a = chest.anatomy
    fall = 0.45 * angle / np.pi + 0.55 * (1 - np.cos(angle)) / 2
    first, growth = 4.0 + 0.6 * a.rib_drop - 0.5 * a.lordosis, 0.62 + 0.05 * a.rib_drop
    y = chest.y + 0.9
    number = 1 + (y - first * fall) / (a.rib_spacing + growth * fall)
    nearest = np.clip(np.rint(number), 0, 12)
    k = nearest.astype(np.int32)
    offset = (number - nearest) * (a.rib_spacing + growth * fall) + jitter[chest.left.astype(np.int32), k]
    drop = first + growth * (nearest - 1)
    steep = 0.45 / np.pi + 0.55 * np.sin(angle) / 2
    slope = drop * steep / (np.maximum(np.abs(np.cos(angle)), 0.12) * a.half_width)
    height = a.rib_height * (1.12 if front else 1.0)
    distance = offset / np.sqrt(1 + slope**2) / height
    oblique = 1 / np.maximum(np.abs(np.cos(angle)), 0.4)
    bone = 0.62 * tube_wall(distance**2, 0.85, 0.38) * oblique
    bone *= (k >= 1) & (k <= 11)
    if front:
        return 0.55 * bone * ramp((chest.u - _FRONT_END[k]) * a.half_width, 1.0)
    return bone * ramp(np.abs(chest.x) - 1.6, 1.2)
