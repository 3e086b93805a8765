"""The detector's pixels in the patient's centimetres."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .shapes import Field

Box = tuple[slice, slice]


@dataclass(frozen=True)
class Grid:
    """Square detector: pixel (row, column) to (x, y) in cm of the patient.

    x grows to the right of the image, which is the patient's left; y grows downwards; the origin is in the midline at
    the height of the lung apices.

    Args:
        size: pixels a side.
        field: side of the detector in cm (real ones: 35 to 43).
        centre: (x, y) in cm of the patient that the detector's centre sees.
        tilt: turn of the patient in the image plane, in radians.
    """

    size: int
    field: float
    centre: tuple[float, float]
    tilt: float

    @property
    def pixel(self) -> float:
        """Side of a pixel in cm."""
        return self.field / self.size

    def coordinates(self) -> tuple[Field, Field]:
        """X and y in cm of every pixel centre, each (size, size) float32."""
        steps = ((np.arange(self.size) - (self.size - 1) / 2) * self.pixel).astype(np.float32)
        across, down = steps[None, :], steps[:, None]
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        return self.centre[0] + cos * across - sin * down, self.centre[1] + sin * across + cos * down

    def pixels(self, x: Field, y: Field) -> tuple[Field, Field]:
        """Fractional (row, column) of points in cm."""
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        dx, dy = x - self.centre[0], y - self.centre[1]
        middle = (self.size - 1) / 2
        return (cos * dy - sin * dx) / self.pixel + middle, (cos * dx + sin * dy) / self.pixel + middle

    def box(self, left: float, right: float, top: float, bottom: float) -> Box:
        """Slices of the smallest part of the image that holds a rectangle given in cm, sides in any order."""
        corners = np.array([(left, top), (left, bottom), (right, top), (right, bottom)], dtype=np.float32)
        rows, columns = self.pixels(corners[:, 0], corners[:, 1])
        return self._span(rows), self._span(columns)

    def around(self, x: float, y: float, reach: float) -> Box:
        """Slices of the square of half side `reach` cm around a point."""
        return self.box(x - reach, x + reach, y - reach, y + reach)

    def _span(self, positions: Field) -> slice:
        low = int(np.clip(math.floor(float(positions.min())), 0, self.size))
        return slice(low, int(np.clip(math.ceil(float(positions.max())) + 1, low, self.size)))

    def deposit(self, x: Field, y: Field, volume: Field | float, blur: float = 0.0) -> Field:
        """Spread point volumes over the pixels: thickness in cm, (size, size).

        Args:
            x: positions in cm, (N,).
            y: positions in cm, (N,).
            volume: cm³ at each point, (N,) or one for all.
            blur: standard deviation in cm of the Gaussian that gives the points their width.
        """
        rows, columns = self.pixels(x, y)
        keep = (rows >= 0) & (columns >= 0) & (rows < self.size - 1) & (columns < self.size - 1)
        image = np.zeros((self.size, self.size), dtype=np.float32)
        if not keep.any():
            return image
        rows, columns = rows[keep], columns[keep]
        weights = np.broadcast_to(np.asarray(volume, dtype=np.float64), x.shape)[keep] / self.pixel**2
        sigma = blur / self.pixel
        row, column = rows.astype(np.int64), columns.astype(np.int64)
        reach = math.ceil(3 * sigma) + 1
        top, left = max(int(row.min()) - reach, 0), max(int(column.min()) - reach, 0)
        part = image[
            top : int(row.max()) + 2 + reach, left : int(column.max()) + 2 + reach
        ]  # work only where points are
        total = np.zeros(part.size)
        down, across = rows - row, columns - column
        for step_row, share_row in ((0, 1 - down), (1, down)):
            for step_column, share_column in ((0, 1 - across), (1, across)):
                place = (row - top + step_row) * part.shape[1] + column - left + step_column
                total += np.bincount(place, weights * share_row * share_column, minlength=total.size)
        part[:] = total.reshape(part.shape)
        if sigma > 0.2:
            part[:] = ndimage.gaussian_filter(part, sigma, truncate=3.0)
        return image
