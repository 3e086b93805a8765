"""Pleural thickening: a rim of scar along the chest wall or over the apex."""

import numpy as np

from ..chest import Chest
from ..shapes import ramp
from .sign import Sign


class PleuralThickening(Sign):
    """Dense rim of 0.5 to 2 cm with an uneven inner edge; apical cap or lateral, sometimes blunting the angle."""

    sides = (0.36, 0.34, 0.30)

    def choose(self) -> None:
        """Extent along the wall."""
        self.apical = self.rng.random() < 0.5
        self.middle, self.reach = self.between(0.45, 0.8), self.between(0.2, 0.4)
        self.blunt = self.rng.random() < 0.5

    def paint(self, chest: Chest) -> None:
        """Draw the rim."""
        for side in self.affected:
            thick = self.grade(0.5, 2.0)
            if self.apical:
                along = ramp(0.30 - chest.v, 0.25) * (1 + 0.5 * ramp(0.12 - chest.v, 0.15))
            else:
                along = ramp(self.reach - np.abs(chest.v - self.middle), 0.2)
            if self.blunt:
                along = np.maximum(along, ramp(chest.v - 0.93, 0.15))
            rim = ramp(thick * along * (1 + 0.16 * chest.mottle) - chest.wall_distance, 0.3) * (along > 0.05)
            chest.opacify(self.grade(0.35, 0.85) * rim * chest.side(side))
