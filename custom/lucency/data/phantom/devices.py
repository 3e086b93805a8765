"""Wires, tubes and electrodes: seen more often at the bedside, never tied to a finding."""

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import CubicSpline

from .anatomy import LEFT, Pair
from .chest import Chest
from .shapes import ramp
from .streams import between


def draw_devices(chest: Chest, body: np.random.Generator, image: np.random.Generator, bedside: bool) -> None:
    """Draw each device by its own chance.

    Args:
        chest: the chest; its calcium map takes the metal.
        body: the patient's stream: what is implanted shows in every image.
        image: the image's stream: what is put on or in for a while.
        bedside: whether the image is AP.
    """
    for chance, draw in ((0.05, _pacemaker), (0.07, _sternal_wires)):
        if body.random() < chance:
            draw(chest, body)
    for at_bedside, upright, draw in (
        (0.55, 0.02, _electrodes),
        (0.35, 0.03, _central_line),
        (0.18, 0.0, _tracheal_tube),
        (0.20, 0.0, _gastric_tube),
        (0.08, 0.01, _chest_tube),
    ):
        if image.random() < (at_bedside if bedside else upright):
            draw(chest, image)


def _line(chest: Chest, points: Sequence[Pair], radius: float, metal: float) -> None:
    """Tube along a smooth curve; `metal` is the bone-like thickness in cm at its middle."""
    knots = np.asarray(points, dtype=np.float64)
    reach = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(knots, axis=0).T))])
    along = np.arange(0, reach[-1], 0.02)
    curve = CubicSpline(reach, knots)(along).astype(np.float32)
    chest.calcium += chest.grid.deposit(curve[:, 0], curve[:, 1], metal * 2.5 * radius * 0.02, 0.6 * radius)


def _disc(chest: Chest, x: float, y: float, radius: float, metal: float) -> None:
    box = chest.grid.around(x, y, 1.5 * radius)
    distance = np.hypot(chest.x[box] - x, chest.y[box] - y)
    chest.calcium[box] += metal * ramp(radius - distance, 0.1)


def _electrodes(chest: Chest, rng: np.random.Generator) -> None:
    sites = [(-10.0, 3.5), (10.0, 3.5), (9.5, 20.0), (-9.0, 20.0), (1.0, 9.0)]
    for x, y in sites[: int(rng.integers(2, 6))]:
        x, y = x + between(rng, -2.5, 2.5), y + between(rng, -2.5, 2.5)
        _disc(chest, x, y, between(rng, 0.9, 1.3), 0.10)
        _disc(chest, x, y, 0.35, 1.2)
        away = 1.0 if rng.random() < 0.5 else -1.0
        middle = (x + away * between(rng, 3, 8), y + between(rng, 1, 8))
        _line(chest, [(x, y), middle, (middle[0] + away * between(rng, 0, 9), 34.0)], 0.11, between(rng, 0.4, 0.9))


def _central_line(chest: Chest, rng: np.random.Generator) -> None:
    side = -1.0 if rng.random() < 0.7 else 1.0
    start = [(side * 4.2, -12.0), (side * 3.4, -3.0)] if rng.random() < 0.5 else [(side * 15.0, 4.5), (side * 8.0, 2.6)]
    tip = (-2.2 + chest.anatomy.shift, between(rng, 8.5, 14.0))
    _line(chest, [*start, (0.35 * side - 1.2, 4.2), tip], 0.12, between(rng, 0.35, 0.6))


def _tracheal_tube(chest: Chest, rng: np.random.Generator) -> None:
    tip = between(rng, 3.5, 7.0)
    for offset in (-0.42, 0.42):
        _line(chest, [(offset, -14.0), (offset, -5.0), (offset - 0.2, tip)], 0.08, 0.3)


def _gastric_tube(chest: Chest, rng: np.random.Generator) -> None:
    low = chest.anatomy.dome[LEFT]
    end = (between(rng, 4.0, 8.0), low + between(rng, 4.0, 7.0))
    _line(chest, [(0.4, -14.0), (0.5, 0.0), (0.8, 12.0), (1.6, low - 1.0), (3.0, low + 3.0), end], 0.16, 0.45)


def _pacemaker(chest: Chest, rng: np.random.Generator) -> None:
    side = 1.0 if rng.random() < 0.8 else -1.0
    x, y = side * between(rng, 8.5, 10.5), between(rng, 4.5, 6.5)
    _disc(chest, x, y, between(rng, 2.0, 2.5), 2.4)
    _disc(chest, x, y - 2.0, 0.9, 1.5)
    heart = chest.anatomy.heart
    atrium, apex = (heart[0] - 3.0, heart[1] - 2.0), (heart[0] + 4.0, heart[1] + 2.8)
    for tip in (atrium, apex):
        _line(chest, [(x, y - 2.2), (side * 5.0, 2.8), (-1.5, 5.0), (-2.2, heart[1] - 4.0), tip], 0.12, 1.0)


def _chest_tube(chest: Chest, rng: np.random.Generator) -> None:
    side = 1.0 if rng.random() < 0.5 else -1.0
    entry = between(rng, 14.0, 19.0)
    tip = (side * between(rng, 5.0, 8.0), between(rng, 3.0, 10.0))
    _line(chest, [(side * 22.0, entry + 4.0), (side * 13.5, entry), (side * 10.5, entry - 4.0), tip], 0.28, 0.4)


def _sternal_wires(chest: Chest, rng: np.random.Generator) -> None:
    x = 0.6 * chest.anatomy.rotation
    for y in np.arange(4.0, 4.0 + 2.4 * int(rng.integers(4, 7)), 2.4):
        turn = np.linspace(0.3, 2 * np.pi, 9)
        loop = [(x + 0.75 * float(np.cos(t)), float(y) + 0.4 * float(np.sin(t))) for t in turn]
        _line(chest, loop, 0.07, 1.6)
