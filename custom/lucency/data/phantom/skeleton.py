"""Spine, collar bones, shoulder blades and upper arms."""

import numpy as np

from .chest import Chest
from .pose import Pose
from .shapes import Field, Profile, capsule_squared, chord, ramp, tube_wall


def spine_bone(chest: Chest) -> Field:
    """Vertebral bodies with discs, pedicles and spinous processes, in cm."""
    a = chest.anatomy
    bone = np.zeros_like(chest.x)
    box = chest.grid.box(-4.5, 4.5, -14, 40)
    y = chest.y[box]
    middle = a.scoliosis * np.sin((y - 2) / 8) - 0.3 * a.rotation
    width = Profile([(-12, 1.2), (-2, 1.35), (5, 1.45), (15, 1.75), (25, 2.2), (40, 2.5)])(y)
    pitch = Profile([(-12, 1.7), (0, 2.0), (12, 2.35), (25, 3.1), (40, 3.6)])
    count = np.cumsum(1 / pitch(np.linspace(-12, 40, 1024, dtype=np.float32))) * (52 / 1023)
    phase = np.mod(Profile(list(zip(np.linspace(-12, 40, 64), count[::16], strict=True)))(y), 1.0)
    across = (chest.x[box] - middle) / width
    gap = np.abs(phase - 0.5) * 2  # 0 in mid body, 1 in mid disc
    waist = 1 - 0.1 * (1 - gap**2)
    body = chord((across / waist) ** 2) * (0.72 + 0.28 * ramp(0.78 - gap, 0.2))
    body += 0.15 * np.exp(-(((gap - 0.76) / 0.07) ** 2)) * (np.abs(across) < 1)
    pedicle = ((np.abs(across) - 0.62) / 0.2) ** 2 + ((phase - 0.36) / 0.2) ** 2
    process = (across / 0.17) ** 2 + ((phase - 0.75) / 0.3) ** 2
    bone[box] = 0.8 * body + 0.35 * tube_wall(pedicle, 0.7, 0.2) + 0.4 * chord(process)
    return bone


def clavicle_bone(chest: Chest) -> Field:
    """Both collar bones, inner ends beside the breastbone and outer ends at the shoulders, in cm."""
    a = chest.anatomy
    bone = np.zeros_like(chest.x)
    top = a.shoulder + 1.5
    for sign in (-1.0, 1.0):
        box = chest.grid.box(sign * 0.5, sign * 20, min(top, a.clavicle) - 3, max(top, a.clavicle) + 3)
        out = sign * chest.x[box] - sign * a.rotation
        line = Profile(
            [
                (1.2, a.clavicle + 0.5),
                (3.0, a.clavicle - 0.1),
                (6.0, 0.55 * a.clavicle + 0.45 * top - 0.7),
                (10.0, top - 1.0),
                (14.0, top - 0.9),
                (17.5, top - 0.2),
            ]
        )
        slope = (line(out + 0.1) - line(out - 0.1)) / 0.2
        radius = Profile([(1.2, 0.9), (3.5, 0.62), (9, 0.52), (14, 0.6), (17.5, 0.5)])(out)
        distance = (chest.y[box] - line(out)) / np.sqrt(1 + slope**2) / radius
        ends = ramp(out - 1.4, 0.5) * ramp(a.half_width + 3.4 - out, 0.6)
        bone[box] += 1.9 * radius * tube_wall(distance**2, 0.72, 0.4) * ends
    return bone


def shoulder_bone(chest: Chest, pose: Pose) -> Field:
    """Shoulder blades, heads and shafts of the humerus, in cm."""
    a = chest.anatomy
    bone = np.zeros_like(chest.x)
    top = a.shoulder
    joint = a.half_width + 2.9
    for sign in (-1.0, 1.0):
        box = chest.grid.box(sign * (a.half_width - 7), sign * 40, -10, 45)
        out, y = sign * chest.x[box], chest.y[box]
        part = np.zeros_like(out)
        tip = (a.half_width - 2.8 + pose.scapula, top + 14.5)
        inner = (a.half_width - 3.8 + 1.1 * pose.scapula, top + 2.0)
        glenoid = (joint, top + 3.6)
        part += 0.42 * _triangle(out, y, inner, glenoid, tip)
        for mineral, start, end, radius in (
            (0.45, glenoid, tip, 0.5),  # lateral border
            (0.25, inner, tip, 0.3),  # medial border
            (0.3, (inner[0], top + 4.0), (joint + 1.0, top + 0.4), 0.55),  # spine
            (0.4, (joint - 2.2, top + 2.4), (joint - 0.9, top + 2.9), 0.6),  # coracoid
        ):
            part += mineral * chord(capsule_squared(out, y, start, end, radius))
        head = (joint + 2.3, top + 3.4)
        elbow = (a.half_width + a.wall + 5.0 + pose.arm, top + 32)
        flare = 1.1 + 1.15 * np.exp(-(((y - head[1]) / 2.4) ** 2))
        part += 1.3 * tube_wall(capsule_squared(out, y, head, elbow, 1.0) / flare**2, 0.78, 0.45)
        bone[box] = part
    return bone


def _triangle(x: Field, y: Field, a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> Field:
    """Soft-edged triangle, corners in clockwise order on the image."""
    inside = np.ones_like(x)
    for (x0, y0), (x1, y1) in ((a, b), (b, c), (c, a)):
        length = float(np.hypot(x1 - x0, y1 - y0))
        inside *= ramp(((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length, 0.4)
    return inside
