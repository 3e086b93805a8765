"""Effusion: fluid in the pleural space."""

from dataclasses import replace

import numpy as np

from ..anatomy import LEFT, Anatomy
from ..chest import Chest
from ..shapes import ramp
from .sign import Sign


class Effusion(Sign):
    """Upright: blunted angle, then a meniscus that climbs the wall. Lying: a veil that thickens towards the base."""

    sides = (0.36, 0.34, 0.30)

    def choose(self) -> None:
        """Relative amount on each side and slope of the surface."""
        self.amount = [self.between(0.75, 1.0), self.between(0.75, 1.0)]
        self.climb = self.between(0.35, 0.6)

    def deform(self, anatomy: Anatomy) -> Anatomy:
        """A large one-sided effusion pushes the heart away."""
        push = 1.6 * max(self.severity - 0.6, 0) if len(self.affected) == 1 else 0.0
        return replace(anatomy, shift=anatomy.shift + (-push if LEFT in self.affected else push))

    def paint(self, chest: Chest) -> None:
        """Fill from the costophrenic angle upwards."""
        for side in self.affected:
            height = self.grade(1.3, 14.0) * self.amount[side]
            bottom = chest.anatomy.dome[side] + chest.anatomy.dome_rise[side]
            lateral = np.clip(chest.u, 0, 1) ** 3
            surface = bottom - height * (1 - self.climb + self.climb * lateral) - 0.15 * height * lateral**8
            depth = chest.y - surface
            fluid = np.clip(1 - np.exp(-np.maximum(depth, 0) / (0.35 + 0.12 * height)), 0, 1)
            if not self.upright:
                veil = self.grade(0.12, 0.45) * ramp(chest.v - 0.55, 1.0)
                fluid = np.maximum(0.6 * fluid, veil)
            chest.opacify(0.97 * fluid * chest.side(side))
