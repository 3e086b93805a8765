"""Building blocks of airspace opacities: lobes, ill-defined patches, air bronchograms."""

import numpy as np

from ..anatomy import LEFT, RIGHT, Pair
from ..chest import Chest
from ..grid import Box
from ..shapes import Field, outline_squared, ramp

LOBES = {RIGHT: ("upper", "middle", "lower"), LEFT: ("upper", "lower")}


def lobe(chest: Chest, side: int, name: str) -> Field:
    """Projection of a lobe, 0 to 1: sharp along its fissure, faded where it lies behind another."""
    fissure = chest.anatomy.hilum[RIGHT][1] + 0.6 + 1.2 * chest.u**2  # minor fissure, seen edge on
    if name == "upper":
        lower_edge = fissure if side == RIGHT else chest.anatomy.hilum[LEFT][1] + 4.0 - 3.0 * chest.u
        shape = ramp(lower_edge - chest.y, 0.35 if side == RIGHT else 2.5)
    elif name == "middle":
        down = np.clip((chest.y - fissure) / np.maximum(chest.dome - fissure, 1), 0, 1)
        shape = ramp(chest.y - fissure, 0.35) * ramp(0.95 - 0.6 * down - chest.u + 0.04 * chest.mottle, 0.3)
    else:
        shape = ramp(chest.v - 0.6 + 0.05 * chest.mottle, 0.3)
    return shape * chest.side(side)


def patch(
    chest: Chest, side: int, centre: Pair, radii: list[float], ragged: float, softness: float
) -> tuple[Field, Box]:
    """Ill-defined opacity round a point, kept to its own lung: share (0 to 1) and the box it lies in.

    Args:
        chest: the chest.
        side: the lung.
        centre: (x, y) in cm.
        radii: outline in cm at equal angles.
        ragged: how far noise moves the edge, in radii.
        softness: width of the edge, in radii.
    """
    x, y = centre
    box = chest.grid.around(x, y, 1.8 * max(radii))
    distance = np.sqrt(outline_squared(chest.x[box] - x, chest.y[box] - y, radii))
    share = ramp(1 - distance + ragged * chest.mottle[box], softness) * chest.side(side)[box]
    return share, box


def air_bronchogram(chest: Chest, side: int, share: Field, rng: np.random.Generator, depth: float) -> None:
    """Dark branching tubes that fan out from the hilum through an opacity.

    Args:
        chest: the chest; its gas map is changed.
        side: the lung.
        share: the opacity they are seen in, whole image.
        rng: stream.
        depth: thickness of air in cm in the largest tube.
    """
    weight = share * chest.lung * chest.side(side)
    total = float(weight.sum())
    if total <= 0:
        return
    start = np.array(chest.anatomy.hilum[side])
    middle = np.array([float((weight * chest.x).sum()), float((weight * chest.y).sum())]) / total
    reach = float(np.linalg.norm(middle - start)) * 1.6 + 2
    angle = float(np.arctan2(*(middle - start)[::-1]))
    along = np.linspace(0.15, 1, 160)
    tubes = np.zeros_like(share)
    for turn in np.linspace(-0.55, 0.55, 5) + rng.normal(0, 0.08, 5):
        direction = angle + turn + rng.normal(0, 0.25) * along**2
        radius = 0.24 * (1 - 0.65 * along)
        x = start[0] + reach * along * np.cos(direction)
        y = start[1] + reach * along * np.sin(direction)
        volume = np.pi * radius**2 * reach / len(along)
        tubes += chest.grid.deposit(x.astype(np.float32), y.astype(np.float32), volume.astype(np.float32), 0.09)
    chest.gas += depth / 0.45 * tubes * np.clip(share * 1.5, 0, 1)
