"""Pictures of a ladder over folds, as PNG bytes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .figures import png
from .fold_differences import by_fold


def fold_figure(table: pd.DataFrame, differences: pd.DataFrame, reference: str, measure: str) -> bytes:
    """Every fold's value of one of `MEASURES`, and mean differences with their 95 % intervals; first rung lowest.

    Args:
        table: `fold_table`.
        differences: `fold_differences` to the reference, and perhaps to the rung before.
        reference: name of a rung.
        measure: key of `MEASURES`.
    """
    values = by_fold(table, measure)
    names = [str(name) for name in values.columns]
    figure = Figure(figsize=(9, 1.5 + 0.42 * len(names)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for height, name in enumerate(names):
        left.plot(values[name], [height] * len(values), "o", color="C0", markersize=4, alpha=0.5)
        left.plot([values[name].mean()], [height], "|", color="C0", markersize=14, markeredgewidth=2)
    right.axvline(0, color="0.6", linewidth=0.8)
    of_measure = differences[differences.measure == measure]
    to_reference = of_measure.against == reference
    parts = {f"to {reference}": to_reference, "to the rung before, or varied": ~to_reference}
    for step, (label, chosen) in enumerate(parts.items()):
        rows = of_measure[chosen].set_index("rung").reindex(names)
        heights = np.arange(len(names)) + 0.15 - 0.3 * step
        right.hlines(heights, rows["low"], rows["high"], color=f"C{step}", linewidth=1.2)
        right.plot(rows["difference"], heights, "o", color=f"C{step}", markersize=4, label=label)
    left.set_xlabel(f"{measure}, a dot a fold")
    right.set_xlabel("difference, corrected 95 % interval")
    for axis in (left, right):
        axis.set_yticks(range(len(names)), [_in_lines(name) for name in names], fontsize=8)
        axis.set_ylim(-0.6, len(names) - 0.4)
        axis.grid(axis="x", color="0.93")
        axis.locator_params(axis="x", nbins=5)
    figure.legend(*right.get_legend_handles_labels(), fontsize=8, loc="outside upper center", ncols=2)
    return png(figure)


def correlation_figure(matrices: Mapping[str, NDArray[np.float64]], findings: tuple[str, ...]) -> bytes:
    """Square matrices side by side; the diagonal is left out, or nothing else would be seen.

    Args:
        matrices: (C, C) by title; rows sum to 1 before the diagonal is left out, and again after.
        findings: C ids.
    """
    figure = Figure(figsize=(1.4 + 2.7 * len(matrices), 4.2), layout="constrained")
    axes = figure.subplots(1, len(matrices), sharey=True, squeeze=False)[0]
    others = {title: off_diagonal(matrix) for title, matrix in matrices.items()}
    highest = max(float(np.nanmax(matrix)) for matrix in others.values())
    for axis, (title, matrix) in zip(axes, others.items(), strict=True):
        image = axis.imshow(matrix, cmap="viridis", vmin=0, vmax=highest)
        axis.set_title(_in_lines(title), fontsize=8)
        axis.set_xticks(range(len(findings)), findings, rotation=90, fontsize=7)
        axis.set_yticks(range(len(findings)), findings, fontsize=7)
    figure.colorbar(image, ax=list(axes), shrink=0.7, label="share of the row without its diagonal")
    return png(figure)


def off_diagonal(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """A square matrix with NaN on its diagonal, rows scaled to sum to 1 without it.

    Example:
        >>> off_diagonal(np.array([[0.8, 0.2, 0.0], [0.2, 0.4, 0.2], [0.5, 0.5, 0.0]])).tolist()
        [[nan, 1.0, 0.0], [0.5, nan, 0.5], [0.5, 0.5, nan]]
    """
    without = np.where(np.eye(len(matrix), dtype=bool), np.nan, matrix)
    return np.asarray(without / np.nansum(without, axis=1, keepdims=True))


def _in_lines(name: str) -> str:
    """A variant's name with a line for each of its arguments."""
    return name.replace("?", "\n").replace("&", "\n")
