"""Cardiomegaly: a heart wider than half the chest."""

from dataclasses import replace

import numpy as np

from ..anatomy import Anatomy
from .sign import Sign


class Cardiomegaly(Sign):
    """Heart enlarged, more to the left and down than to the right."""

    def choose(self) -> None:
        """How much of the growth is to the left."""
        self.leftward = self.between(0.75, 1.0)

    def deform(self, anatomy: Anatomy) -> Anatomy:
        """Widen the heart's outline; a normal heart varies by 7 % and by view, so mild ones overlap."""
        growth = self.grade(0.07, 0.55)
        angles = np.arange(len(anatomy.heart_radii)) * 2 * np.pi / len(anatomy.heart_radii)
        share = np.where(np.cos(angles) > 0, self.leftward, 0.75) * (0.55 + 0.45 * np.abs(np.cos(angles)))
        radii = tuple(
            radius * (1 + growth * float(part)) for radius, part in zip(anatomy.heart_radii, share, strict=True)
        )
        x, y = anatomy.heart
        return replace(anatomy, heart_radii=radii, heart=(x + 0.8 * growth, y - 1.2 * growth))
