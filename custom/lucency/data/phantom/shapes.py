"""Shapes as thickness maps: how many centimetres of a thing an X-ray crosses at each pixel."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator

Field = NDArray[np.floating[Any]]
"""Map or list of numbers; float32 wherever it is as large as an image."""


def ramp(distance: Field, width: float) -> Field:
    """Smooth step from 0 to 1 over `width` cm around distance 0."""
    t: Field = distance * (1 / width)
    t += 0.5
    np.clip(t, 0.0, 1.0, out=t)
    result = t * -2.0  # in place from here on: this is where most of the time goes
    result += 3.0
    result *= t
    result *= t
    return result


def chord(squared_radius: Field) -> Field:
    """Height of the unit half circle over a squared distance, 0 outside: the thickness of round things."""
    result: Field = np.sqrt(np.maximum(1.0 - squared_radius, 0.0))
    return result


def tube_wall(squared_radius: Field, hollow: float, marrow: float) -> Field:
    """Bone in a tube of unit radius: cortex outside `hollow`, and only `marrow` of it inside."""
    inside = hollow * chord(squared_radius / hollow**2)
    return chord(squared_radius) - (1.0 - marrow) * inside


class Profile:
    """Smooth monotone-preserving curve through control points, evaluated fast on whole images.

    Example:
        >>> Profile([(0, 1), (10, 3)])(np.float32([0, 5, 20])).round(3)
        array([1., 2., 3.], dtype=float32)
    """

    def __init__(self, points: Sequence[tuple[float, float]], samples: int = 4096) -> None:
        x, y = np.asarray(points, dtype=np.float64).T
        self._x = np.linspace(x[0], x[-1], samples)
        self._y = PchipInterpolator(x, y)(self._x).astype(np.float32)
        self._start, self._scale = np.float32(x[0]), np.float32((samples - 1) / (x[-1] - x[0]))

    def __call__(self, at: Field) -> Field:
        """Value at each point, to the nearest of 4,096 samples; constant beyond the first and last control point."""
        place = (at - self._start) * self._scale + np.float32(0.5)
        return np.take(self._y, place.astype(np.int32), mode="clip")

    def at(self, position: float) -> float:
        """Value at one point."""
        return float(np.interp(position, self._x, self._y))


def blob_radius(radii: Sequence[float], angle: Field) -> Field:
    """Radius of a closed smooth outline at each angle, from radii at equal steps of angle starting at 0."""
    knots = np.linspace(0, 2 * np.pi, len(radii) + 1)
    spline = CubicSpline(knots, [*radii, radii[0]], bc_type="periodic")
    table: Field = spline(np.linspace(0, 2 * np.pi, 721)).astype(np.float32)
    steps = np.mod(angle, 2 * np.pi) * np.float32(360 / np.pi)
    return table[np.rint(steps).astype(np.int32)]


def outline_squared(x: Field, y: Field, radii: Sequence[float]) -> Field:
    """Squared distance from the centre in units of the outline's radius: below 1 inside."""
    radius = blob_radius(radii, np.arctan2(y, x))
    return (x * x + y * y) / (radius * radius)


def capsule_squared(x: Field, y: Field, start: tuple[float, float], end: tuple[float, float], radius: float) -> Field:
    """Squared distance to a straight segment in units of `radius`: below 1 inside the capsule."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    return ((x - start[0] - along * dx) ** 2 + (y - start[1] - along * dy) ** 2) / radius**2
