"""Pictures of an experiment on wrong labels, as PNG bytes."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .figures import png
from .measures import MACRO
from .refinement import ALL_CLEAN, NO_CLEANING, SELECTIONS
from .refinement_plan import RANDOM


def rounds_figure(rounds: pd.DataFrame) -> bytes:
    """Wrong labels and macro AUROC over images read, mean of seeds; reading at random in black, bounds dashed.

    Args:
        rounds: `rounds_table`.
    """
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    arms = [arm for arm in dict.fromkeys(rounds["arm"]) if arm not in (NO_CLEANING, ALL_CLEAN)]
    styles = iter([{"color": f"C{number}", "linestyle": line} for line in ("-", "--") for number in range(10)])
    for arm in arms:
        mean = rounds[rounds.arm == arm].groupby("images")[["wrong", "auroc"]].mean()
        style = (
            {"color": "black", "linestyle": "-", "linewidth": 2.0}
            if arm == RANDOM
            else {"linewidth": 1.2, **next(styles)}
        )
        left.plot(mean.index, 100 * mean["wrong"], marker="o", markersize=3, label=arm, **style)
        right.plot(mean.index, mean["auroc"], marker="o", markersize=3, **style)
    for bound, line in ((NO_CLEANING, ":"), (ALL_CLEAN, "--")):
        right.axhline(rounds[rounds.arm == bound]["auroc"].mean(), color="0.5", linestyle=line, label=bound)
    left.set_ylabel("wrong labels, % of all training labels")
    right.set_ylabel("macro AUROC on clean test images")
    for axis in (left, right):
        axis.set_xlabel("images read")
        axis.grid(color="0.93")
    lines = [axis.get_legend_handles_labels() for axis in (left, right)]
    figure.legend(*(a + b for a, b in zip(*lines, strict=True)), fontsize=8, loc="outside lower center", ncols=5)
    return png(figure)


def kept_figure(kept: pd.DataFrame) -> bytes:
    """Share of right positives that are kept, and of wrong ones, for every selection and choice of rates.

    Args:
        kept: `kept_table`.
    """
    positive = kept[(kept.finding == MACRO) & (kept.observed == "positive")]
    rates = list(dict.fromkeys(positive["rates"]))
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    axes = figure.subplots(1, len(rates), sharey=True, squeeze=False)[0]
    names = list(SELECTIONS)
    for axis, chosen in zip(axes, rates, strict=True):
        for step, (kind, colour) in enumerate((("right", "C0"), ("wrong", "C3"))):
            rows = positive[(positive.rates == chosen) & (positive.truth == kind)].set_index("selection").loc[names]
            heights = np.arange(len(names))[::-1] + 0.12 - 0.24 * step
            axis.hlines(heights, 100 * rows["low"], 100 * rows["high"], color=colour, linewidth=1.4)
            axis.plot(100 * rows["value"], heights, "o", color=colour, markersize=4, label=f"{kind} positives")
        axis.set_yticks(np.arange(len(names))[::-1], names, fontsize=8)
        axis.set(title=f"forgetting: {chosen}", xlim=(-3, 103), xlabel="kept, %")
        axis.grid(axis="x", color="0.93")
    figure.legend(*axes[0].get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=2)
    return png(figure)
