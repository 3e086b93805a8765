"""Pneumothorax: air between lung and chest wall."""

from dataclasses import replace

import numpy as np

from ..anatomy import LEFT, Anatomy
from ..chest import Chest
from ..shapes import ramp
from .sign import Sign


class Pneumothorax(Sign):
    """Thin pleural line parallel to the wall, widest at the apex; lucent and without vessels outside it."""

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
        """Pull the lung off the wall; in a lying patient the air lies in front and lung remains behind it."""
        side = chest.side(self.affected[0])
        low = np.clip(chest.v, 0, 1)
        gap = self.grade(0.45, 4.8) * (1 - 0.75 * low**self.taper) + 0.12 * chest.mottle
        free = (1.0 if self.upright else 0.5) * ramp(gap - chest.wall_distance, 0.15) * side
        chest.density *= 1 - free + self.grade(0.0, 0.3) * (side - free)
        chest.aerated = chest.aerated * (1 - free) + free
        chest.vascular *= 1 - free
        line = np.exp(-(((chest.wall_distance - gap) / 0.08) ** 2)) * side
        chest.solid += self.grade(0.2, 0.32) * line * np.minimum(chest.lung / 2, 1)
