"""Pictures of a comparison, as PNG bytes."""

import io
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .compare import Comparison
from .loss_option import REFERENCE, UPPER_BOUND
from .measures import MACRO, probabilities

TITLES = {"ap": "mean average precision", "auroc": "mean AUROC", "brier": "mean Brier score", "ece": "mean ECE"}
COLOURS = {"clean": "C0", "observed": "C1"}


def forest_figure(differences: pd.DataFrame) -> bytes:
    """Mean differences to the reference with 95 % intervals, best average precision on top, one colour a selection."""
    macro = differences[differences.finding == MACRO]
    order = _order(macro[macro.metric == "ap"], "difference", rising=True)
    figure = Figure(figsize=(9, 1.5 + 0.3 * len(order)), layout="constrained")
    for axis, metric in zip(figure.subplots(1, 2, sharey=True), ("ap", "auroc"), strict=True):
        axis.axvline(0, color="0.6", linewidth=0.8)
        for step, (selection, colour) in enumerate(COLOURS.items()):
            rows = macro[(macro.metric == metric) & (macro.selection == selection)].set_index("loss").reindex(order)
            heights = np.arange(len(order)) + 0.15 - 0.3 * step
            axis.hlines(heights, rows["low"], rows["high"], color=colour, linewidth=1.2)
            axis.plot(rows["difference"], heights, "o", color=colour, markersize=4, label=f"chosen by {selection}")
        axis.set_xlabel(f"{TITLES[metric]}: difference to {REFERENCE}")
        axis.set_yticks(range(len(order)), order, fontsize=8)
        axis.set_ylim(-1, len(order))
        axis.grid(axis="x", color="0.93")
        axis.locator_params(axis="x", nbins=5)
    figure.legend(*axis.get_legend_handles_labels(), fontsize=8, loc="outside upper center", ncols=2)
    return png(figure)


def seeds_figure(measures: pd.DataFrame, metrics: tuple[str, ...] = ("ap", "auroc")) -> bytes:
    """One dot a seed, chosen by clean labels; the dashed lines are the reference and the upper bound."""
    macro = measures[(measures.finding == MACRO) & (measures.selection == "clean")]
    order = _order(macro, metrics[0], rising=metrics[0] in ("ap", "auroc"))
    figure = Figure(figsize=(9, 1.2 + 0.27 * len(order)), layout="constrained")
    for axis, metric in zip(figure.subplots(1, len(metrics), sharey=True), metrics, strict=True):
        for anchor in (REFERENCE, UPPER_BOUND):
            axis.axvline(macro[macro.loss == anchor][metric].mean(), color="0.6", linewidth=0.8, linestyle="--")
        for height, loss in enumerate(order):
            values = macro[macro.loss == loss][metric]
            axis.plot(values, [height] * len(values), "o", color="C0", markersize=4, alpha=0.7)
        axis.set_xlabel(TITLES[metric])
        axis.set_yticks(range(len(order)), order, fontsize=8)
        axis.set_ylim(-1, len(order))
        axis.grid(axis="x", color="0.93")
        axis.locator_params(axis="x", nbins=5)
    return png(figure)


def calibration_figure(comparison: Comparison, bins: int = 15) -> bytes:
    """Reliability of every loss, all findings and seeds together: share of positives over mean probability of a bin."""
    chosen = comparison.of("clean")
    truth = comparison.study.truth[comparison.study.rows("test")]
    columns = min(6, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = Figure(figsize=(1.7 * columns, 1.8 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axis, one in zip(axes, chosen, strict=False):
        logits = np.concatenate([run.logits["clean"] for run in one.runs.values()])
        _reliability(axis, probabilities(logits), np.concatenate([truth] * len(one.runs)), bins)
        axis.set_title("\n".join(textwrap.wrap(one.option.name, 26)), fontsize=7)
    for axis in axes[len(chosen) :]:
        axis.axis("off")
    figure.supxlabel("mean probability", fontsize=9)
    figure.supylabel("share of positives", fontsize=9)
    return png(figure)


def _reliability(axis: Axes, p: np.ndarray, truth: np.ndarray, bins: int) -> None:
    known = ~np.isnan(truth)
    order = np.argsort(p[known], kind="stable")
    groups = np.array_split(order, bins)
    predicted = [p[known][group].mean() for group in groups if len(group)]
    observed = [truth[known][group].mean() for group in groups if len(group)]
    axis.plot([0, 1], [0, 1], color="0.8", linewidth=0.8)
    axis.plot(predicted, observed, "o-", color="C0", markersize=2, linewidth=1)
    axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axis.tick_params(labelsize=6)


def _order(rows: pd.DataFrame, column: str, *, rising: bool) -> list[str]:
    """Losses from the bottom of a plot to its top, the best on top."""
    return [str(loss) for loss in rows.groupby("loss")[column].mean().sort_values(ascending=rising).index]


def png(figure: Figure) -> bytes:
    """A picture as a file, the same bytes for the same picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
