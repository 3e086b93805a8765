"""Pictures of a ladder, as PNG bytes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .compare import Comparison
from .figures import COLOURS, png
from .measures import MACRO
from .neighbours import ALONE, ALONE_LONGER


def ladder_figure(comparison: Comparison, measures: pd.DataFrame, differences: pd.DataFrame) -> bytes:
    """Every seed's mean AUROC, and the mean difference to the reference with its 95 % interval; first rung lowest."""
    rungs = list(dict.fromkeys(chosen.option.name for chosen in comparison.chosen))
    macro = measures[measures.finding == MACRO]
    deltas = differences[(differences.finding == MACRO) & (differences.metric == "auroc")]
    figure = Figure(figsize=(9, 1.5 + 0.38 * len(rungs)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    right.axvline(0, color="0.6", linewidth=0.8)
    for step, (selection, colour) in enumerate(COLOURS.items()):
        heights = np.arange(len(rungs)) + 0.15 - 0.3 * step
        for height, rung in zip(heights, rungs, strict=True):
            seeds = macro[(macro.loss == rung) & (macro.selection == selection)]["auroc"]
            left.plot(seeds, [height] * len(seeds), "o", color=colour, markersize=4, alpha=0.5)
            left.plot([seeds.mean()], [height], "|", color=colour, markersize=12, markeredgewidth=2)
        rows = deltas[deltas.selection == selection].set_index("loss").reindex(rungs)
        right.hlines(heights, rows["low"], rows["high"], color=colour, linewidth=1.2)
        right.plot(rows["difference"], heights, "o", color=colour, markersize=4, label=f"chosen by {selection}")
    left.set_xlabel("mean AUROC, a dot a seed")
    right.set_xlabel(f"difference to {comparison.reference}, 95 % interval")
    for axis in (left, right):
        axis.set_yticks(range(len(rungs)), rungs, fontsize=8)
        axis.set_ylim(-0.6, len(rungs) - 0.4)
        axis.grid(axis="x", color="0.93")
        axis.locator_params(axis="x", nbins=5)
    figure.legend(*right.get_legend_handles_labels(), fontsize=8, loc="outside upper center", ncols=2)
    return png(figure)


def neighbours_figure(findings: Sequence[tuple[Comparison, pd.DataFrame, pd.DataFrame]]) -> bytes:
    """AUROC of each finding over the number of others that were assembled with it, chosen by clean labels.

    Args:
        findings: comparison, `measure_table` and `difference_table` of each finding, as of `compare_neighbours`.
    """
    figure = Figure(figsize=(4.5 * len(findings), 3.6), layout="constrained")
    axes = figure.subplots(1, len(findings), squeeze=False)[0]
    for axis, (comparison, measures, differences) in zip(axes, findings, strict=True):
        _neighbours(axis, measures, differences)
        axis.set_title(comparison.study.findings[0], fontsize=10)
        axis.set_xlabel("other findings, labelled on other images")
    axes[0].set_ylabel("AUROC; bars: 95 % interval of the\ndifference to no others", fontsize=9)
    axes[0].legend(fontsize=8)
    return png(figure)


def _neighbours(axis: Axes, measures: pd.DataFrame, differences: pd.DataFrame) -> None:
    macro = measures[(measures.finding == MACRO) & (measures.selection == "clean")]
    deltas = differences[
        (differences.finding == MACRO) & (differences.selection == "clean") & (differences.metric == "auroc")
    ].set_index("loss")
    alone = macro[macro.loss == ALONE]["auroc"]
    axis.axhline(alone.mean(), color="0.6", linewidth=0.8)
    axis.plot([0] * len(alone), alone, "o", color="0.4", markersize=4, alpha=0.5)
    longer = macro[macro.loss == ALONE_LONGER]["auroc"]
    axis.plot([0.3] * len(longer), longer, "x", color="0.4", markersize=5, label=ALONE_LONGER)
    names = [str(name) for name in dict.fromkeys(macro["loss"]) if name not in (ALONE, ALONE_LONGER)]
    for place, rung in enumerate(dict.fromkeys(name.split(", ")[0] for name in names)):
        own = [name for name in names if name.split(", ")[0] == rung]
        counts = np.array([int(name.split(", ")[1].split()[0]) for name in own])
        where = counts + 0.15 * place
        means = np.array([macro[macro.loss == name]["auroc"].mean() for name in own])
        axis.plot([0, *where], [alone.mean(), *means], "-", color=f"C{place}", linewidth=1.2, label=rung)
        rows = deltas.reindex(own)
        axis.vlines(where, alone.mean() + rows["low"], alone.mean() + rows["high"], color=f"C{place}", linewidth=1.2)
        for x, name in zip(where, own, strict=True):
            seeds = macro[macro.loss == name]["auroc"]
            axis.plot([x] * len(seeds), seeds, "o", color=f"C{place}", markersize=4, alpha=0.5)
    axis.grid(axis="y", color="0.93")
