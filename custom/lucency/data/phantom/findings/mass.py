"""Mass: a rounded lesion of more than 3 cm."""

import numpy as np

from ..chest import Chest
from ..shapes import outline_squared
from .sign import Sign


class Mass(Sign):
    """Lobulated round density of 3.3 to 8 cm, anywhere in a lung or at a hilum.

    Size limit of 3 cm between nodule and mass: Hansell et al., Fleischner Society glossary, Radiology 246:697, 2008.
    """

    sides = (0.55, 0.45, 0.0)

    def choose(self) -> None:
        """Place and outline."""
        self.across, self.down = self.between(0.0, 0.85), self.between(0.15, 0.85)
        self.outline = [self.between(0.84, 1.1) for _ in range(9)]
        self.solidity = self.between(1.0, 1.3)

    def paint(self, chest: Chest) -> None:
        """Replace lung by a ball of tissue."""
        diameter = self.grade(3.3, 8.0)
        side = self.affected[0]
        x, y = chest.place(side, self.across, self.down)
        box = chest.grid.around(x, y, 0.75 * diameter)
        radii = [diameter / 2 * part for part in self.outline]
        squared = outline_squared(chest.x[box] - x, chest.y[box] - y, radii)
        ball = self.solidity * diameter * np.sqrt(np.maximum(1 - squared, 0))
        chest.opacify(np.clip(ball / np.maximum(chest.lung[box], 1.0), 0, 0.92), box)
