"""Infiltration: ill-defined haze."""

import numpy as np

from ..chest import Chest
from .airspace import patch
from .sign import Sign


class Infiltration(Sign):
    """One to three faint patches without edge or bronchogram, mostly in the middle and lower zones."""

    sides = (0.32, 0.28, 0.40)

    def choose(self) -> None:
        """Number of patches in each lung."""
        self.patches = {side: int(self.rng.integers(1, 4)) for side in self.affected}

    def paint(self, chest: Chest) -> None:
        """Draw the patches and some thickened strands in them."""
        for side in self.affected:
            for _ in range(self.patches[side]):
                centre = chest.place(side, self.between(0.1, 0.7), self.between(0.4, 0.92))
                radii = [self.between(2.2, 3.6) * self.grade(0.8, 1.25) for _ in range(7)]
                share, box = patch(chest, side, centre, radii, ragged=0.28, softness=1.6)
                strands = 0.8 + 0.25 * np.clip(chest.mottle[box], -1, 1.5)
                chest.opacify(self.grade(0.05, 0.27) * share * strands, box)
