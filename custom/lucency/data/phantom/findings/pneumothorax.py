"""Pneumothorax: air between lung and chest wall."""

from dataclasses import replace

import numpy as np

from ..anatomy import LEFT, Anatomy
from ..chest import Chest
from ..shapes import ramp
from .sign import Sign


class Pneumothorax(Sign):
    """Thin pleural line parallel to the wall, widest at the apex; black and without vessels outside it."""

    sides = (0.54, 0.46, 0.0)

    def choose(self) -> None:
        """How the gap narrows downwards."""
        self.taper = self.between(0.7, 1.6)

    def deform(self, anatomy: Anatomy) -> Anatomy:
        """Under tension the heart moves away and the dome sinks."""
        side = self.affected[0]
        tension = max(self.severity - 0.7, 0) / 0.3
        right, left = anatomy.dome
        sunk = 1.5 * tension
        dome = (right, left + sunk) if side == LEFT else (right + sunk, left)
        return replace(anatomy, dome=dome, shift=anatomy.shift + 1.6 * tension * (-1 if side == LEFT else 1))

    def paint(self, chest: Chest) -> None:
        """Pull the lung off the wall."""
        side = chest.side(self.affected[0])
        low = np.clip(chest.v, 0, 1)
        gap = self.grade(0.7, 5.8) * (1 - 0.75 * low**self.taper) + 0.12 * chest.mottle
        outside = ramp(gap - chest.wall_distance, 0.12) * side
        chest.density *= 1 - outside + self.grade(0.0, 0.5) * (side - outside)
        chest.aerated = chest.aerated * (1 - outside) + outside
        chest.vascular *= 1 - outside
        line = np.exp(-(((chest.wall_distance - gap) / 0.09) ** 2)) * side
        chest.solid += self.grade(0.28, 0.4) * line * np.minimum(chest.lung / 2, 1)
