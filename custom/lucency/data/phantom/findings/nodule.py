"""Nodule: a rounded lesion of less than 3 cm."""

import numpy as np

from ..chest import Chest
from ..shapes import outline_squared
from .sign import Sign


class Nodule(Sign):
    """One to six round densities of 1.2 to 2.9 cm inside the lungs; some hold calcium."""

    sides = (0.40, 0.32, 0.28)

    def choose(self) -> None:
        """Number, places, and whether calcified."""
        self.count = int(self.rng.choice([1, 2, 3], p=[0.45, 0.30, 0.25]))
        self.calcium = self.rng.random() < 0.12

    def paint(self, chest: Chest) -> None:
        """Replace lung by small balls of tissue."""
        for side in self.affected:
            for _ in range(self.count):
                self._ball(chest, side)

    def _ball(self, chest: Chest, side: int) -> None:
        diameter = self.grade(1.3, 2.9) * self.between(0.9, 1.0)
        x, y = chest.place(side, self.between(0.12, 0.85), self.between(0.12, 0.9))
        box = chest.grid.around(x, y, diameter)
        radii = [diameter / 2 * self.between(0.88, 1.1) for _ in range(7)]
        squared = outline_squared(chest.x[box] - x, chest.y[box] - y, radii)
        # three times as dense as tissue: at the small sizes that networks are tried on, a real one would vanish
        ball = 3.0 * diameter * np.sqrt(np.maximum(1 - squared, 0))
        chest.opacify(np.clip(ball / np.maximum(chest.lung[box], 1.0), 0, 0.85), box)
        if self.calcium:
            chest.calcium[box] += 0.35 * ball * (chest.lung[box] > 1)
