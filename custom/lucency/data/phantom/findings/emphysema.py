"""Emphysema: lungs that hold too much air."""

from dataclasses import replace

import numpy as np

from ..anatomy import LEFT, RIGHT, Anatomy
from ..chest import Chest
from ..shapes import outline_squared
from .sign import Sign


class Emphysema(Sign):
    """Low flat domes, deep chest, narrow upright heart, dark lungs with few vessels, bullae when severe."""

    sides = (0.0, 0.0, 1.0)

    def choose(self) -> None:
        """Places of the bullae."""
        self.upper = self.between(0.0, 1.0)

    def deform(self, anatomy: Anatomy) -> Anatomy:
        """Overinflate the chest."""
        g = self.severity
        return replace(
            anatomy,
            dome=(anatomy.dome[0] + self.grade(0.4, 2.7), anatomy.dome[1] + self.grade(0.4, 2.6)),
            dome_rise=(anatomy.dome_rise[0] * (0.92 - 0.5 * g), anatomy.dome_rise[1] * (0.92 - 0.5 * g)),
            depth=anatomy.depth + self.grade(0.2, 1.9),
            heart=(anatomy.heart[0] - 0.3 * g, anatomy.heart[1] + self.grade(0.2, 1.5)),
            heart_radii=tuple(radius * (0.99 - 0.11 * g) for radius in anatomy.heart_radii),
            lung_density=anatomy.lung_density * self.grade(0.96, 0.72),
        )

    def paint(self, chest: Chest) -> None:
        """Thin out the vessels and draw bullae."""
        outer = np.clip(chest.u, 0, 1)
        chest.vascular *= 1 - self.grade(0.1, 0.65) * (0.45 + 0.55 * outer)
        for side in (RIGHT, LEFT):
            for _ in range(int(self.rng.integers(0, 3)) if self.severity > 0.5 else 0):
                x, y = chest.place(side, self.between(0.4, 0.9), self.between(0.08, 0.45))
                radii = [self.between(1.2, 2.4)] * 4
                box = chest.grid.around(x, y, 3)
                squared = outline_squared(chest.x[box] - x, chest.y[box] - y, radii)
                inside = (squared < 1) * chest.side(side)[box]
                chest.density[box] *= 1 - 0.45 * inside
                chest.vascular[box] *= 1 - inside
                chest.solid[box] += 0.07 * np.exp(-(((np.sqrt(squared) - 1) / 0.04) ** 2)) * (chest.lung[box] > 3)
