"""Pulmonary vessels: two trees of branching, tapering tubes that start at the hila."""

from dataclasses import dataclass

import numpy as np

from .chest import Chest
from .shapes import Field, chord

_FAN = (np.array([-100, -70, -42, -18, 6, 28, 50, 70, 92]), np.array([-105, -72, -40, -12, 14, 38, 62, 86]))
"""Directions in degrees of the first branches of the right and left tree; 0 is lateral, 90 down."""
_STEPS = 40


@dataclass(frozen=True)
class Branches:
    """Vessels of both lungs as short pieces: positions (N,) in cm, radius (N,) and length of a piece (N,) in cm."""

    x: Field
    y: Field
    radius: Field
    piece: Field
    upper: Field
    """1 for vessels that run to the upper zone, else 0."""


def grow(rng: np.random.Generator, chest: Chest) -> Branches:
    """Grow both trees: five generations, each splitting in two, thinner and shorter."""
    parts = [_tree(rng, chest, side) for side in (0, 1)]
    return Branches(*(np.concatenate(column).astype(np.float32) for column in zip(*parts, strict=True)))


def _tree(rng: np.random.Generator, chest: Chest, side: int) -> tuple[Field, ...]:
    a = chest.anatomy
    sign = -1.0 if side == 0 else 1.0
    fan = np.deg2rad(_FAN[side])
    heading = np.repeat(fan, 3) + rng.normal(0, 0.2, 3 * len(fan))
    x = np.full(len(heading), a.hilum[side][0] + a.shift) + rng.normal(0, 0.35, len(heading))
    y = a.hilum[side][1] + 1.1 * np.sin(heading) + rng.normal(0, 0.35, len(heading))
    radius = a.vessel_size * rng.uniform(0.2, 0.44, len(heading)) * (1 + 0.25 * np.sin(heading))
    length = rng.uniform(2.4, 4.2, len(heading))
    upper = (np.sin(heading) < -0.1).astype(np.float64)
    pieces: list[list[Field]] = [[], [], [], [], []]
    for _ in range(5):
        bend = rng.normal(0, 0.45, len(heading))
        along = np.linspace(0, 1, _STEPS)[:, None]
        direction = heading + bend * along
        step = length / _STEPS
        px = x + sign * np.cumsum(np.cos(direction) * step, axis=0)
        py = y + np.cumsum(np.sin(direction) * step, axis=0)
        width = radius * (1 - 0.22 * along)
        for column, value in zip(pieces, (px, py, width, step + 0 * px, upper + 0 * px), strict=True):
            column.append(value.ravel().astype(np.float32))
        split = rng.uniform(0.2, 0.6, len(heading))
        heading = np.concatenate([direction[-1] + split * 0.6, direction[-1] - split])
        x, y, upper = np.tile(px[-1], 2), np.tile(py[-1], 2), np.tile(upper, 2)
        radius = np.concatenate([radius * 0.76, radius * 0.62])
        length = np.tile(length, 2) * rng.uniform(0.65, 1.0, len(heading))
    return tuple(np.concatenate(column) for column in pieces)


def vessel_thickness(chest: Chest, branches: Branches) -> Field:
    """Thickness in cm of blood in the vessels, hila included, where lung is still aerated.

    Args:
        chest: the chest with its findings.
        branches: the trees.
    """
    a = chest.anatomy
    radius = branches.radius * np.where(branches.upper > 0, chest.upper_gain, 1.0).astype(np.float32)
    total = np.zeros_like(chest.x)
    for low, high in ((0.0, 0.07), (0.07, 0.14), (0.14, 9.0)):
        mine = (radius >= low) & (radius < high)
        if mine.any():
            width = 0.55 * float(radius[mine].mean())
            volume = 1.3 * np.pi * radius[mine] ** 2 * branches.piece[mine]
            total += chest.grid.deposit(
                branches.x[mine], branches.y[mine], volume, float(np.hypot(width, chest.vessel_blur))
            )
    room: Field = np.minimum(chest.lung / (0.35 * a.depth), 1)
    for x, y in a.hilum:
        box = chest.grid.around(x + a.shift, y, 2.4)
        total[box] += (
            2.1 * a.vessel_size * chord(((chest.x[box] - x - a.shift) / 1.2) ** 2 + ((chest.y[box] - y) / 2.1) ** 2)
        )
    return total * room**2 * chest.aerated * chest.vascular
