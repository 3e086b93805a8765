"""Consolidation: a lobe filled with fluid, its bronchi still open."""

from ..chest import Chest
from .airspace import LOBES, air_bronchogram, lobe
from .sign import Sign


class Consolidation(Sign):
    """Dense lobar opacity, sharp at the fissure, with air bronchogram; hides the vessels and the border it touches."""

    sides = (0.48, 0.40, 0.12)

    def choose(self) -> None:
        """The lobe."""
        self.lobe = {side: str(self.rng.choice(LOBES[side])) for side in self.affected}

    def paint(self, chest: Chest) -> None:
        """Fill the lobe."""
        for side in self.affected:
            share = lobe(chest, side, self.lobe[side]) * (1 + 0.15 * chest.mottle)
            share *= self.grade(0.16, 0.72)
            chest.opacify(share)
            air_bronchogram(chest, side, share, self.rng, self.grade(0.3, 0.9))
