"""What the technologist leaves on the image: side marker, lettering and the edges of the collimator."""

import numpy as np

from .anatomy import Pair
from .grid import Grid
from .shapes import Field, ramp
from .streams import between

_GLYPHS = {
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "B": "11110 10001 10001 11110 10001 10001 11110",
    "E": "11111 10000 10000 11110 10000 10000 11111",
    "L": "10000 10000 10000 10000 10000 10000 11111",
    "O": "01110 10001 10001 10001 10001 10001 01110",
    "P": "11110 10001 10001 11110 10000 10000 10000",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    "T": "11111 00100 00100 00100 00100 00100 00100",
}


def finish(image: Field, grid: Grid, rng: np.random.Generator, view: str) -> Field:
    """Collimate and letter an image; its least value becomes exactly 0 and its largest, the lead marker, 1.

    The marker is an L in the upper right corner (the patient's left) or an R in the upper left one.

    Args:
        image: displayed image in [0, 1].
        grid: the detector.
        rng: the image's stream.
        view: "PA" or "AP"; some AP images carry lettering.
    """
    steps = ((np.arange(grid.size) + 0.5) * grid.pixel).astype(np.float32)
    across, down = np.meshgrid(steps, steps)
    turn = between(rng, -0.03, 0.03)
    edges = (
        across + turn * down,
        grid.field - across + turn * down,
        down - turn * across,
        grid.field - down - turn * across,
    )
    inset = [between(rng, 0.3, 2.6) if rng.random() < 0.3 else 0.0 for _ in edges]
    for distance, width in zip(edges, inset, strict=True):
        if width > 0:
            image = image * (0.02 + 0.98 * ramp(distance - width, 0.15))
    low, high = float(image.min()), float(image.max())
    image = 0.97 * (image - low) / (high - low)  # lead is brighter than any bone
    left = rng.random() < 0.7
    margin_x, margin_y = inset[1 if left else 0] + 1.6, inset[2] + 1.3
    x, y = margin_x + between(rng, 0, 1.6), margin_y + between(rng, 0, 2.2)
    x = grid.field - x if left else x
    _letter(image, grid, (x, y), "L" if left else "R", between(rng, 1.3, 1.9), between(rng, -0.25, 0.25))
    if view == "AP":
        words = [word for word in ("PORTABLE", "AP") if rng.random() < 0.35]
        for row, word in enumerate(words):
            start = 3.0 if left else grid.field - 3.0 - 0.75 * len(word)  # in the corner the marker leaves free
            for place, letter in enumerate(word):
                _letter(image, grid, (start + 0.75 * place, margin_y + 1.2 * row), letter, 0.8, 0.0)
    finished: Field = image / image.max()
    return finished


def _letter(image: Field, grid: Grid, centre: Pair, name: str, height: float, turn: float) -> None:
    """Paint one lead letter, `height` cm tall, in place; `centre` is in cm from the upper left corner."""
    rows = np.array([[int(cell) for cell in row] for row in _GLYPHS[name].split()], dtype=np.float32)
    first_column, first_row = (int((position - height) / grid.pixel) for position in centre)
    side = int(2 * height / grid.pixel) + 2
    box = (slice(max(first_row, 0), first_row + side), slice(max(first_column, 0), first_column + side))
    down, across = np.mgrid[box]
    covered = np.zeros(down.shape, dtype=np.float32)
    for part in np.ndindex(3, 3):  # nine samples a pixel, so that small images keep the letter
        y = (down + (part[0] + 0.5) / 3) * grid.pixel - centre[1]
        x = (across + (part[1] + 0.5) / 3) * grid.pixel - centre[0]
        column = np.floor((np.cos(turn) * x + np.sin(turn) * y) * 7 / height + 2.5).astype(np.int32)
        row = np.floor((np.cos(turn) * y - np.sin(turn) * x) * 7 / height + 3.5).astype(np.int32)
        inside = (row >= 0) & (row < 7) & (column >= 0) & (column < 5)
        covered += inside * rows[np.clip(row, 0, 6), np.clip(column, 0, 4)] / 9
    place = image[box]
    place += covered[: place.shape[0], : place.shape[1]] * (1 - place)
