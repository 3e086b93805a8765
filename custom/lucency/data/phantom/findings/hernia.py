"""Hernia: stomach slid through the oesophageal opening of the diaphragm."""

import numpy as np

from ..chest import Chest
from ..shapes import outline_squared, ramp
from .sign import Sign


class Hernia(Sign):
    """Round density behind the heart, just above the diaphragm, usually with air over a fluid level."""

    def choose(self) -> None:
        """Size, place and content."""
        self.offset = self.between(-0.8, 2.4)
        self.outline = [self.between(0.82, 1.15) for _ in range(7)]
        self.air = self.between(0.3, 0.8) if self.rng.random() < 0.7 else 0.0
        self.level = self.between(-0.35, 0.3)

    def paint(self, chest: Chest) -> None:
        """Draw sac, wall and air."""
        radius = self.grade(1.5, 4.6)
        a = chest.anatomy
        x = self.offset + a.shift + 0.2 * radius
        y = float(np.mean(a.dome)) + 1.0 - 0.55 * radius
        box = chest.grid.around(x, y, 1.4 * radius)
        radii = [radius * part for part in self.outline]
        squared = outline_squared(chest.x[box] - x, chest.y[box] - y, radii)
        inside = np.sqrt(np.maximum(1 - squared, 0))
        above = ramp(chest.dome[box] + 1.0 - chest.y[box], 0.8)
        sac = 1.5 * radius * inside * above
        chest.opacify(np.clip(sac / np.maximum(chest.lung[box], 0.5), 0, 0.9), box)
        chest.solid[box] += 0.45 * sac
        pocket = [0.82 * radius * part for part in self.outline[::-1]]
        lumen = np.maximum(1 - outline_squared(chest.x[box] - x - 0.1 * radius, chest.y[box] - y, pocket), 0)
        air_side = ramp(y + self.level * radius - chest.y[box], 0.2 if self.upright else 2.0)
        chest.gas[box] += self.air * 1.3 * radius * lumen**0.6 * air_side
