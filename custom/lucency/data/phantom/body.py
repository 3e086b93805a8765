"""Soft tissue around the chest: trunk, neck, shoulders, arms and breasts."""

import numpy as np

from .anatomy import LEFT, RIGHT
from .chest import Chest
from .pose import Pose
from .shapes import Field, Profile, capsule_squared, chord, ramp


def body_thickness(chest: Chest, pose: Pose) -> Field:
    """Front-to-back thickness of the whole body in cm, with the cavity still filled."""
    trunk, arms = _trunk(chest), _arms(chest, pose)
    return (
        np.maximum(trunk, arms) + 0.3 * np.minimum(trunk, arms) + _breasts(chest) + _muscles(chest) + _head(chest, pose)
    )


def _trunk(chest: Chest) -> Field:
    """Trunk, neck and shoulders as stacked rounded cross-sections."""
    a = chest.anatomy
    top = a.shoulder
    chest_edge = a.half_width + a.wall
    edge = Profile(
        [
            (-14, 6.0 + 0.15 * a.wall),
            (top - 6.5, 6.0 + 0.15 * a.wall),
            (top - 5.0, 7.2 + 0.3 * a.wall),
            (top - 3.5, 10.5 + 0.4 * a.wall),
            (top - 1.8, chest_edge - 1.5),
            (top + 0.8, chest_edge + 2.6),
            (top + 3.5, chest_edge + 3.2),
            (top + 8.0, chest_edge + 0.8),
            (top + 12, chest_edge),
            (20, chest_edge),
            (27, max(chest_edge * 0.96 * a.waist, a.half_width + 1.2)),
            (40, max(chest_edge * 0.96 * a.waist, a.half_width + 1.2)),
        ]
    )(chest.y)
    depth = Profile(
        [
            (-14, 10.5),
            (top - 4, 10.5 + 0.3 * a.fat),
            (top, 11.5 + 0.8 * a.fat),
            (4, 0.62 * a.depth + a.fat),
            (9, 0.86 * a.depth + a.fat),
            (15, a.depth + a.fat),
            (40, a.depth + a.fat),
        ]
    )(chest.y)
    ratio = np.abs(chest.x) / edge
    return depth * np.sqrt(np.maximum(1 - ratio * ratio * ratio, 0))


def _arms(chest: Chest, pose: Pose) -> Field:
    """Upper arms hanging beside the trunk."""
    a = chest.anatomy
    arms = np.zeros_like(chest.x)
    radius = 3.4 + 0.45 * a.wall
    for sign in (-1.0, 1.0):
        shoulder = (sign * (a.half_width + 4.3), a.shoulder + 4.0)
        elbow = (sign * (a.half_width + a.wall + radius + pose.arm), a.shoulder + 32)
        box = chest.grid.box(sign * (a.half_width - 1), sign * 45, a.shoulder - 3, 45)
        arms[box] = 2.0 * radius * chord(capsule_squared(chest.x[box], chest.y[box], shoulder, elbow, radius))
    return arms


def _breasts(chest: Chest) -> Field:
    """Breasts: thickest above the lower fold, which is the sharp edge seen over the lung bases."""
    a = chest.anatomy
    shadow = np.zeros_like(chest.x)
    if a.breast == 0:
        return shadow
    wide, high = 4.6 + 0.45 * a.breast, 4.8 + 0.6 * a.breast
    for side, sign in ((RIGHT, -1.0), (LEFT, 1.0)):
        x, y = a.rotation + sign * a.breast_place[0], a.breast_place[1] - a.lordosis + (0.4 if side == LEFT else 0.0)
        box = chest.grid.around(x, y, max(wide, high))
        across, down = (chest.x[box] - x) / wide, (chest.y[box] - y) / high
        down = np.where(down > 0, down * 1.7, down)
        shadow[box] += a.breast * np.maximum(1 - across**2 - down**2, 0) ** 0.6
    return shadow


def _muscles(chest: Chest) -> Field:
    """Pectoral and neck muscles: soft edges that cross the upper lungs and the axillae."""
    a = chest.anatomy
    muscles = np.zeros_like(chest.x)
    box = chest.grid.box(-45, 45, -30, 15)
    away, y = np.abs(chest.x[box] - a.rotation), chest.y[box]
    fold = 0.62 * a.half_width + 0.33 * (y - a.shoulder)
    pectoral = ramp(away - fold + 4.5, 9) * ramp(13 - y, 3.5) * ramp(y - 1, 5)
    neck = ramp(2.6 - np.abs(away - 2.2 - 0.25 * (y + 1)), 1.0) * ramp(2.0 - y, 2.0)
    muscles[box] = (1.6 if a.sex == "M" else 0.9) * pectoral + 0.8 * neck
    return muscles


def _head(chest: Chest, pose: Pose) -> Field:
    """Jaw of a patient who could not lift the head out of the way."""
    head = np.zeros_like(chest.x)
    box = chest.grid.box(-9, 9, -30, pose.chin + 1)
    middle = 1.5 * chest.anatomy.rotation
    head[box] = 9 * chord((((chest.x[box] - middle) / 6.2) ** 2 + ((chest.y[box] - pose.chin + 9) / 9) ** 2) ** 2)
    return head
