"""Air outside the lungs: windpipe, main bronchi, stomach and bowel."""

import numpy as np

from .anatomy import LEFT
from .chest import Chest
from .pose import Pose
from .shapes import Field, Profile, capsule_squared, chord, ramp


def airway_gas(chest: Chest) -> Field:
    """Air in the windpipe and the main bronchi, in cm."""
    a = chest.anatomy
    carina = a.hilum[0][1] - 2.2
    gas = np.zeros_like(chest.x)
    box = chest.grid.box(-7, 7, -14, carina + 6)
    across, y = chest.x[box], chest.y[box]
    path = Profile([(-12, 0.0), (0, -0.1), (5, -0.35), (carina, 0.0)])
    middle = path(y) + a.shift * ramp(y - 1, 8) + 0.3 * a.rotation
    windpipe = 2.0 * chord(((across - middle) / 0.9) ** 2) * ramp(carina + 0.4 - y, 0.9)
    fork = (a.shift + 0.3 * a.rotation, carina)
    for (hilum_x, hilum_y), radius in zip(a.hilum, (0.62, 0.55), strict=True):
        end = (0.75 * hilum_x + a.shift, hilum_y + 0.2)
        windpipe = np.maximum(windpipe, 1.3 * chord(capsule_squared(across, y, fork, end, radius)))
    gas[box] = windpipe
    return gas


def bowel_gas(chest: Chest, pose: Pose, texture: Field) -> Field:
    """Stomach bubble under the left dome (with a level when upright) and a little gas in the colon, in cm.

    Args:
        chest: the chest.
        pose: the pose; lying patients have no level.
        texture: smooth noise of unit deviation that breaks up the colon.
    """
    a = chest.anatomy
    gas = np.zeros_like(chest.x)
    box = chest.grid.box(-45, 45, min(a.dome), 45)
    across, down = chest.x[box], chest.y[box]
    below = down - chest.dome[box]
    part = 1.6 * ramp(texture[box] - 1.3, 0.9) * ramp(below - 3.5, 1.5) * ramp(across + 4, 6)  # colon
    if a.gas > 0.8:
        x, y = 0.42 * a.half_width, a.dome[LEFT] + 2.3
        bubble = chord(((across - x) / a.gas) ** 2 + ((down - y) / (0.62 * a.gas)) ** 2)
        part += 1.5 * a.gas * bubble * (ramp(y + 0.3 - down, 0.15) if pose.upright else 0.8)
    gas[box] = part * ramp(below - 0.5, 0.4)
    return gas
