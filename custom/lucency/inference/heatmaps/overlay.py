"""A heat map over a radiograph that stays readable."""

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

LONGEST = (512, 1024)  # sides of the picture: smaller could hold no caption, larger no screen shows
STRONGEST_ALPHA = 0.6
# perceptually uniform: equal steps of evidence look equal
COLOURS: NDArray[np.float32] = colormaps["plasma"](np.arange(256))[:, :3].astype(np.float32)


def screen_size(shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns at which a radiograph is drawn, its aspect ratio kept.

    Example:
        >>> screen_size((3000, 2500)), screen_size((320, 320))
        ((1024, 853), (512, 512))
    """
    longest = max(shape)
    scale = min(max(longest, LONGEST[0]), LONGEST[1]) / longest
    rows, columns = (max(1, round(side * scale)) for side in shape)
    return rows, columns


def colours_of(strength: NDArray[np.floating]) -> NDArray[np.float32]:
    """Colour (..., 3) in [0, 1] of a strength in [0, 1].

    Example:
        >>> colours_of(np.array([0.0, 1.0])).shape
        (2, 3)
    """
    colours: NDArray[np.float32] = COLOURS[np.rint(strength * 255).astype(np.uint8)]
    return colours


def draw_overlay(
    radiograph: NDArray[np.floating],
    strength: NDArray[np.floating],
    seen: tuple[tuple[int, int], tuple[int, int]] | None = None,
) -> NDArray[np.uint8]:
    """Lay the colours of a heat map over a radiograph, the more opaque the stronger.

    Args:
        radiograph: any size, 0 for black and 1 for white.
        strength: (rows, columns) to draw, in [0, 1]; where it is 0 the radiograph is left as it is.
        seen: rows and columns of `radiograph` that the network saw; what lies outside is dimmed.

    Returns:
        (rows, columns, 3).

    Example:
        >>> draw_overlay(np.eye(2), np.zeros((2, 2)))[..., 0].tolist()
        [[255, 0], [0, 255]]
    """
    rows, columns = strength.shape
    grey = np.clip(radiograph, 0, 1).astype(np.float32)
    if seen is not None:
        (top, bottom), (left, right) = seen
        inside = np.zeros(grey.shape, dtype=bool)
        inside[top:bottom, left:right] = True
        grey[~inside] *= 0.5
    picture = Image.fromarray(np.rint(grey * 255).astype(np.uint8))
    if grey.shape != strength.shape:
        picture = picture.resize((columns, rows), Image.Resampling.BICUBIC)
    alpha = np.float32(STRONGEST_ALPHA) * strength.astype(np.float32)[..., None]
    blended = (1 - alpha) * np.asarray(picture, dtype=np.float32)[..., None] + alpha * 255 * colours_of(strength)
    overlay: NDArray[np.uint8] = np.rint(blended).astype(np.uint8)
    return overlay
