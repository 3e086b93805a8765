"""The chest on the detector: cavity, lungs, heart and mediastinum as thickness maps that the findings change."""

import numpy as np

from .anatomy import LEFT, RIGHT, Anatomy, Pair
from .grid import Box, Grid
from .shapes import Field, Profile, chord, outline_squared, ramp

_LATERAL = (
    (0, 5.0),
    (0.3, 6.0),
    (1, 7.0),
    (2, 7.9),
    (4, 9.4),
    (7, 11.0),
    (11, 12.4),
    (15, 13.4),
    (20, 14.0),
    (30, 13.8),
)
_MEDIAL = ((0, 5.0), (0.3, 4.0), (1, 3.0), (2, 2.0), (4, 0.5), (6, 0.0), (30, 0.0))
_DEPTH = ((-2, 0.1), (0, 0.22), (1, 0.32), (3, 0.5), (6, 0.70), (10, 0.9), (15, 1.0), (30, 1.0))


class Chest:
    """Thickness maps of one chest, each (size, size) float32 in cm unless said otherwise.

    Attributes:
        grid: the detector.
        anatomy: the body in its pose, findings applied.
        x: position to the patient's left.
        y: position downwards.
        u: 0 in the midline to 1 at the inner chest wall; above 1 outside.
        v: 0 at the apex to 1 at the diaphragm.
        cavity: everything inside the rib cage.
        lung: what of it is lung.
        aerated: share (0 to 1) of the lung that still holds air; findings lower it.
        density: share of water in aerated lung.
        vascular: factor on the vessels that are drawn later.
        solid: soft tissue that findings add outside the lungs.
        gas: air that findings add outside the lungs.
        calcium: bone or metal that findings and devices add.
        wall_distance: depth in cm below the inner chest wall, apex included.
        mottle: smooth patchy noise of unit deviation, for ragged edges.
        upper_gain: factor on the calibre of vessels to the upper zones.
        vessel_blur: unsharpness of vessels in cm.
    """

    def __init__(self, anatomy: Anatomy, grid: Grid, mottle: Field) -> None:
        self.grid, self.anatomy, self.mottle = grid, anatomy, mottle
        self.x, self.y = grid.coordinates()
        scale = anatomy.half_width / 14.0
        self.wall = Profile([(y, x * scale) for y, x in _LATERAL])
        away = np.abs(self.x)
        self.left = self.x > 0
        self.u = away / self.wall(self.y)
        self.dome = self._dome(away)
        self.v = np.clip(self.y / self.dome, -0.2, 1.5)
        medial = Profile([(y, x * scale) for y, x in _MEDIAL])(self.y)
        apex = np.sqrt(np.clip((away - medial) / 1.2, 0, 1)) * ramp(self.y - 0.02, 0.2)
        self.depth = Profile([(y, d * anatomy.depth) for y, d in _DEPTH])(self.y)
        self.cavity = self.depth * np.sqrt(np.maximum(1 - self.u**2.4, 0)) * np.where(self.y < 6, apex, 1)
        self.heart = self._heart()
        self.mediastinum = self._mediastinum()
        below = self.y - self.dome
        sulcus = 0.2 * np.exp(-np.maximum(below, 0) / 2.0)  # lung behind the dome
        open_lung = np.where(below > 0, sulcus, 1) + (1 - sulcus) * (ramp(-below, 0.3) - (below <= 0))
        self.lung = np.maximum(self.cavity - self._between(), 0) * open_lung
        self.aerated = np.ones_like(self.lung)
        self.density = np.full_like(self.lung, anatomy.lung_density) * (0.92 + 0.16 * np.clip(self.v, 0, 1))
        self.vascular = np.ones_like(self.lung)
        self.solid = np.zeros_like(self.lung)
        self.gas = np.zeros_like(self.lung)
        self.calcium = np.zeros_like(self.lung)
        self.wall_distance = _smooth_minimum(self.wall(self.y) - away, 0.8 * self.y, 1.5)
        self.upper_gain, self.vessel_blur = 1.0, 0.0

    def _dome(self, away: Field) -> Field:
        """Y of the diaphragm below each pixel."""
        peak = 0.5 * self.anatomy.half_width
        lateral = np.maximum(away - peak, 0) / (self.anatomy.half_width - peak)
        fall = lateral**2.6 + 0.3 * (np.maximum(peak - away, 0) / peak) ** 2
        right, left = (top + rise * fall for top, rise in zip(self.anatomy.dome, self.anatomy.dome_rise, strict=True))
        result: Field = right + (left - right) * ramp(self.x, 5.0)
        return result

    def _heart(self) -> Field:
        x, y = self.anatomy.heart
        thickness = np.zeros_like(self.x)
        box = self.grid.around(x + self.anatomy.shift, y, 1.5 * max(self.anatomy.heart_radii))
        squared = outline_squared(self.x[box] - x - self.anatomy.shift, self.y[box] - y, self.anatomy.heart_radii)
        thickness[box] = 0.78 * self.anatomy.depth * chord(squared**1.25)
        return thickness

    def _mediastinum(self) -> Field:
        """Great vessels, oesophagus and fat between the lungs; the aortic arch and the pulmonary trunk bulge left."""
        a = self.anatomy
        right, left = a.mediastinum
        thickness = np.zeros_like(self.x)
        box = self.grid.box(-9, 9, -14, 45)
        x, y = self.x[box], self.y[box]
        across = x - a.shift * ramp(y - 3, 6)
        to_right = Profile(
            [(-8, 3.2), (-1, right), (4, right), (9, right + 0.25), (15, right + 0.5), (24, right + 0.6)]
        )
        to_left = Profile(
            [
                (-8, 3.2),
                (-1, left + 0.1),
                (3.9, left),
                (6.0, left + 0.2 + 0.85 * (a.knob - 0.6)),
                (7.9, left + 0.45),
                (9.6, left + 0.95),
                (11.5, left + 1.2),
                (14, left + 1.5),
                (18, left + 0.6),
                (26, left),
            ]
        )
        width = np.where(across > 0, to_left(y), to_right(y))
        behind_heart = Profile([(-8, 1.15), (10, 1.15), (15, 0.75), (26, 0.75)])(y)
        thickness[box] = behind_heart * self.depth[box] * chord(((across / width) ** 2) ** 2)
        return thickness

    def _between(self) -> Field:
        """Heart and mediastinum together, in cm."""
        return np.maximum(self.heart, self.mediastinum) + 0.35 * np.minimum(self.heart, self.mediastinum)

    def side(self, side: int) -> Field:
        """1 on the patient's right (0) or left (1) half, else 0."""
        return (self.left if side == LEFT else ~self.left).astype(np.float32)

    def place(self, side: int, across: float, down: float) -> Pair:
        """Point in a lung: `across` 0 at the mediastinum to 1 at the wall, `down` 0 at the apex to 1 at the dome."""
        sign = 1.0 if side == LEFT else -1.0
        y = down * self.anatomy.dome[side]
        wall = self.wall.at(y)
        inner = 3.6 if side == RIGHT else 3.0 + 4.8 * min(max(down - 0.4, 0) / 0.5, 1)  # the heart takes the left
        return sign * (inner + across * (wall - inner)), y

    def opacify(self, share: Field, box: Box = (slice(None), slice(None))) -> None:
        """Replace a share (0 to 1) of the lung's air by water; vessels in it lose their contrast."""
        self.aerated[box] *= 1 - np.clip(share, 0, 1)


def _smooth_minimum(a: Field, b: Field, reach: float) -> Field:
    """The lesser of two distances, rounded where they differ by less than `reach`."""
    blend = np.clip(0.5 + 0.5 * (b - a) / reach, 0, 1)
    return b + (a - b) * blend - reach * blend * (1 - blend)
