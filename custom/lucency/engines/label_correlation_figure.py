"""Global label correlations beside the co-occurrence of the training labels, as one picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 60  # of more findings the names are left out
CELL, SMALLEST, LARGEST = 0.3, 2.4, 9.0  # inches: a cell; a square, which at 60 findings has room for 8 points a name
LETTER, GAP = 0.075, 0.2  # inches: of 8 points; between things


def correlation_figure(
    G: npt.NDArray[np.floating], cooccurrence: npt.NDArray[np.floating], findings: Sequence[str]
) -> "Figure":
    r"""Draw $G$ and $\hat P$ without their diagonals, on one scale from 0 to the largest cell of both.

    Args:
        G: global correlations (C, C), of two findings or more.
        cooccurrence: $\hat P$ (C, C), NaN where nothing is known; see `lucency.losses.cooccurrence`.
        findings: C ids, written beside rows and columns if there are at most 60.

    Example:
        >>> figure = correlation_figure(np.full((3, 3), 1 / 3), np.eye(3), ["edema", "effusion", "mass"])
        >>> [axes.get_title() for axes in figure.axes[:2]]
        ['global correlations G', 'co-occurrence in training']
    """
    from matplotlib.figure import Figure

    names = [finding.replace("_", " ") for finding in findings] if len(findings) <= NAMED else []
    side = min(max(CELL * len(findings), SMALLEST), LARGEST)
    margin = GAP + LETTER * max((len(name) for name in names), default=0)
    width, height = margin + 2 * side + 2 * GAP + 1.0, margin + side + 2 * GAP
    figure = Figure(figsize=(width, height), dpi=100)

    def place(left: float, wide: float) -> "Axes":
        return figure.add_axes((left / width, margin / height, wide / width, side / height))

    left, right = place(margin, side), place(margin + side + GAP, side)
    pictures = [np.where(np.eye(len(findings), dtype=bool), np.nan, matrix) for matrix in (G, cooccurrence)]
    largest = float(np.nanmax(pictures))
    for axis, picture in zip((left, right), pictures, strict=True):
        axis.set_facecolor("0.85")  # of the diagonal, and of what is not known
        image = axis.imshow(picture, cmap="viridis", vmin=0, vmax=largest)
        axis.set_xticks(range(len(names)), names, rotation=90)
        axis.set_yticks(range(len(names)), names if axis is left else [""] * len(names))
        axis.tick_params(length=0, labelsize=8)
    left.set_title("global correlations G", fontsize=10)
    right.set_title("co-occurrence in training", fontsize=10)
    bar = figure.colorbar(image, cax=place(margin + 2 * (side + GAP), GAP), label="share of the row")
    bar.ax.tick_params(labelsize=8)
    return figure
