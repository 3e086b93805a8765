"""Atelectasis: lung that lost its volume."""

from dataclasses import replace

import numpy as np

from ..anatomy import LEFT, RIGHT, Anatomy
from ..chest import Chest
from ..shapes import ramp
from .sign import Sign


class Atelectasis(Sign):
    """Plates over the base, a basal wedge of collapse, or both; the dome rises and the heart moves to that side."""

    sides = (0.38, 0.42, 0.20)

    def choose(self) -> None:
        """Form of the collapse."""
        form = self.rng.random()
        self.plates = int(self.rng.integers(1, 4)) if form < 0.65 else 0
        self.wedge = form > 0.4
        self.rise = self.between(0.5, 1.0)

    def deform(self, anatomy: Anatomy) -> Anatomy:
        """Raise the dome of each affected side; shift the heart when only one is."""
        lift = self.grade(0.5, 3.4) * self.rise
        dome = (
            anatomy.dome[RIGHT] - lift * (RIGHT in self.affected),
            anatomy.dome[LEFT] - lift * (LEFT in self.affected),
        )
        pull = 0.0 if len(self.affected) == 2 else self.grade(0.1, 1.6) * (1 if LEFT in self.affected else -1)
        return replace(anatomy, dome=dome, shift=anatomy.shift + pull)

    def paint(self, chest: Chest) -> None:
        """Draw plates and wedge."""
        for side in self.affected:
            for _ in range(self.plates):
                self._plate(chest, side)
            if self.wedge:
                inner = ramp(1.0 - chest.u - 0.55 * (1 - chest.v) * 2 + 0.06 * chest.mottle, 0.22)
                low = ramp(chest.v - 0.62 + 0.05 * chest.mottle, 0.25)
                chest.opacify(self.grade(0.12, 0.75) * inner * low * chest.side(side))

    def _plate(self, chest: Chest, side: int) -> None:
        x, y = chest.place(side, self.between(0.15, 0.7), self.between(0.68, 0.95))
        half, slope = self.grade(1.2, 3.4), self.between(-0.35, 0.35)
        thick = self.between(0.12, 0.2) + 0.35 * self.severity * self.rng.random()
        box = chest.grid.around(x, y, half + 1)
        across = chest.x[box] - x
        bow = slope * across - 0.03 * across**2
        line = np.exp(-(((chest.y[box] - y - bow) / thick) ** 2)) * ramp(half - np.abs(across), 1.0)
        chest.opacify(self.grade(0.14, 0.5) * line * chest.side(side)[box], box)
