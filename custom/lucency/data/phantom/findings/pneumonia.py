"""Pneumonia: patchy consolidation."""

from ..chest import Chest
from .airspace import air_bronchogram, patch
from .sign import Sign


class Pneumonia(Sign):
    """One or two segmental patches, fluffy at the edge and dense in the core, with a faint air bronchogram."""

    sides = (0.48, 0.37, 0.15)

    def choose(self) -> None:
        """Number of foci in each lung."""
        self.foci = {side: int(self.rng.integers(1, 3)) for side in self.affected}

    def paint(self, chest: Chest) -> None:
        """Draw the foci."""
        for side in self.affected:
            whole = 0 * chest.x
            for _ in range(self.foci[side]):
                centre = chest.place(side, self.between(0.1, 0.75), self.between(0.25, 0.88))
                radii = [self.between(1.7, 3.2) * self.grade(0.8, 1.3) for _ in range(8)]
                rim, box = patch(chest, side, centre, radii, ragged=0.25, softness=1.0)
                share = self.grade(0.2, 0.68) * rim**1.5
                chest.opacify(share, box)
                whole[box] += share
            air_bronchogram(chest, side, whole, self.rng, self.grade(0.15, 0.5))
