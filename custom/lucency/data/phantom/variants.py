"""Harmless things that look like disease: they are drawn with the same frequency whatever the findings are."""

import numpy as np

from .anatomy import LEFT, RIGHT
from .chest import Chest
from .findings.airspace import patch
from .shapes import ramp
from .streams import between


def draw_variants(chest: Chest, body: np.random.Generator, image: np.random.Generator, bedside: bool) -> None:
    """Draw normal variants and incidental shadows.

    Args:
        chest: the chest.
        body: the patient's stream: nipples, granulomas, fissure, apical caps, fat pad, scars.
        image: the image's stream: skin folds and local underaeration.
        bedside: whether the image is AP; skin folds and underaeration are commoner there.
    """
    for chance, draw in (
        (0.22, _nipples),
        (0.15, _granuloma),
        (0.3, _fissure),
        (0.2, _caps),
        (0.2, _fat_pad),
        (0.2, _scar),
    ):
        if body.random() < chance:
            draw(chest, body)
    for chance, draw in ((0.25 if bedside else 0.03, _skin_fold), (0.45 if bedside else 0.25, _underaeration)):
        if image.random() < chance:
            draw(chest, image)


def _nipples(chest: Chest, rng: np.random.Generator) -> None:
    down = between(rng, 16.5, 20.0)
    for sign in (-1.0, 1.0):
        x, y = sign * between(rng, 7.6, 9.0), down + between(rng, -0.4, 0.4)
        box = chest.grid.around(x, y, 1.0)
        squared = ((chest.x[box] - x) ** 2 + (chest.y[box] - y) ** 2) / 0.5**2
        chest.solid[box] += 0.9 * np.sqrt(np.maximum(1 - squared, 0))


def _granuloma(chest: Chest, rng: np.random.Generator) -> None:
    x, y = chest.place(int(rng.integers(2)), between(rng, 0.1, 0.8), between(rng, 0.2, 0.85))
    radius = between(rng, 0.15, 0.3)
    box = chest.grid.around(x, y, 1.0)
    squared = ((chest.x[box] - x) ** 2 + (chest.y[box] - y) ** 2) / radius**2
    chest.calcium[box] += 0.8 * np.sqrt(np.maximum(1 - squared, 0))


def _fissure(chest: Chest, rng: np.random.Generator) -> None:
    level = chest.anatomy.hilum[RIGHT][1] + 0.6 + 1.2 * chest.u**2
    line = np.exp(-(((chest.y - level) / 0.06) ** 2)) * chest.side(RIGHT) * ramp(chest.u - 0.35, 0.2)
    chest.solid += between(rng, 0.08, 0.2) * line * (chest.lung > 2)


def _caps(chest: Chest, rng: np.random.Generator) -> None:
    thick = between(rng, 0.15, 0.45) * ramp(0.15 - chest.v, 0.15)
    chest.opacify(0.5 * ramp(thick - chest.wall_distance, 0.3) * (chest.v < 0.25))


def _fat_pad(chest: Chest, rng: np.random.Generator) -> None:
    side = int(rng.integers(2))
    x = chest.anatomy.heart[0] + (1 if side == LEFT else -1) * between(rng, 4.5, 6.5)
    share, box = patch(chest, side, (x, chest.anatomy.dome[side] + 0.6), [between(rng, 1.6, 2.8)] * 6, 0.05, 1.0)
    chest.opacify(between(rng, 0.2, 0.45) * share, box)


def _scar(chest: Chest, rng: np.random.Generator) -> None:
    x, y = chest.place(int(rng.integers(2)), between(rng, 0.15, 0.8), between(rng, 0.6, 0.95))
    half, slope = between(rng, 0.6, 1.6), between(rng, -0.5, 0.5)
    box = chest.grid.around(x, y, 2.2)
    across = chest.x[box] - x
    line = np.exp(-(((chest.y[box] - y - slope * across) / 0.1) ** 2)) * ramp(half - np.abs(across), 0.5)
    chest.opacify(between(rng, 0.06, 0.14) * line, box)


def _skin_fold(chest: Chest, rng: np.random.Generator) -> None:
    """A fold of skin under a lying patient: an edge like a pleural line, but with vessels beyond it."""
    side = int(rng.integers(2))
    sign = 1.0 if side == LEFT else -1.0
    top = between(rng, 8.0, 11.0)
    edge = sign * chest.x - top - between(rng, -0.15, 0.15) * (chest.y - 8) + 0.02 * (chest.y - 10) ** 2
    along = ramp(chest.y - between(rng, 1, 5), 3) * ramp(between(rng, 14, 20) - chest.y, 3)
    chest.solid += between(rng, 0.5, 1.1) * ramp(-edge, 0.12) * np.exp(np.minimum(edge, 0) / 1.6) * along


def _underaeration(chest: Chest, rng: np.random.Generator) -> None:
    side = int(rng.integers(2))
    radii = [between(rng, 2.2, 4.2) for _ in range(7)]
    share, box = patch(
        chest, side, chest.place(side, between(rng, 0.05, 0.5), between(rng, 0.65, 1.0)), radii, 0.4, 1.6
    )
    chest.opacify(between(rng, 0.04, 0.14) * share, box)
