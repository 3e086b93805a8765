"""Edema: water in the lungs from the hila outwards."""

import numpy as np

from ..anatomy import LEFT, RIGHT
from ..chest import Chest
from ..shapes import Field, ramp
from .sign import Sign


class Edema(Sign):
    """Bilateral perihilar haze, blurred and diverted vessels, Kerley B lines at the lateral bases."""

    sides = (0.0, 0.0, 1.0)

    def choose(self) -> None:
        """Reach of the haze and number of septal lines."""
        self.reach = self.between(4.2, 6.5)
        self.tilt = self.between(-0.12, 0.12)  # one side is always a little worse
        self.lines = int(self.rng.integers(8, 18))

    def paint(self, chest: Chest) -> None:
        """Draw haze and lines; hand the vessels' change to the vessel drawing."""
        for side in self.affected:
            x, y = chest.anatomy.hilum[side]
            distance = ((chest.x - 1.25 * x) / self.reach) ** 2 + ((chest.y - y - 2.0) / (1.5 * self.reach)) ** 2
            haze = np.exp(-(distance**1.5)) * (1 + 0.25 * chest.mottle)
            strength = self.grade(0.04, 0.42) * (1 + self.tilt * (1 if side == LEFT else -1))
            chest.opacify(strength * haze * chest.side(side))
        chest.vessel_blur += self.grade(0.02, 0.14)
        chest.upper_gain *= self.grade(1.05, 1.45)
        chest.solid += self.grade(0.06, 0.25) * self._septa(chest)

    def _septa(self, chest: Chest) -> Field:
        lines = np.zeros_like(chest.x)
        for side in (RIGHT, LEFT):
            for _ in range(self.lines):
                x, y = chest.place(side, 0.93, self.between(0.62, 1.02))
                half, slope = self.between(0.4, 0.8), self.between(-0.2, 0.2)
                box = chest.grid.around(x, y, 1.4)
                across = chest.x[box] - x
                level = chest.y[box] - y - slope * across
                lines[box] += np.exp(-((level / 0.07) ** 2)) * ramp(half - np.abs(across), 0.4)
        return lines * np.minimum(chest.lung / 2, 1)
