"""Fibrosis: scarred interstitium that pulls the lungs together."""

from dataclasses import replace

import numpy as np

from ..anatomy import Anatomy
from ..chest import Chest
from ..shapes import ramp
from ..texture import texture
from .sign import Sign


class Fibrosis(Sign):
    """Network of lines, densest at the bases and the periphery (or at the apices), over small lungs."""

    sides = (0.1, 0.1, 0.8)

    def choose(self) -> None:
        """Basal or apical form."""
        self.apical = self.rng.random() < 0.22

    def deform(self, anatomy: Anatomy) -> Anatomy:
        """Lose volume."""
        lift = self.grade(0.3, 2.2) * (0.4 if self.apical else 1.0)
        return replace(anatomy, dome=(anatomy.dome[0] - lift, anatomy.dome[1] - lift))

    def paint(self, chest: Chest) -> None:
        """Draw the network: the zero crossings of band-limited noise are lines that join into meshes."""
        size = chest.grid.size
        coarse = texture(self.rng, size, 0.5, 22, 44)
        fine = texture(self.rng, size, 0.5, 40, 80)
        mesh = np.exp(-((coarse / 0.28) ** 2)) + 0.8 * np.exp(-((fine / 0.3) ** 2))
        zone = ramp(0.38 - chest.v, 0.35) if self.apical else ramp(chest.v - 0.55, 0.6)
        where = zone * (0.3 + 0.7 * np.clip(chest.u, 0, 1) ** 2) * np.minimum(chest.lung / 3, 1)
        where *= np.clip(1 + 0.35 * chest.mottle, 0, 2)
        where *= sum(chest.side(side) for side in self.affected)
        chest.solid += self.grade(0.22, 0.85) * mesh * where
        chest.opacify(self.grade(0.03, 0.14) * where)
