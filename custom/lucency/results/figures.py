"""Pictures of a report, as PNG bytes."""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from .evaluation import PROBABILITY, TARGET

matplotlib.rcParams["svg.hashsalt"] = "lucency"  # same data, same file


def roc_figure(scores: pd.DataFrame, metrics: pd.DataFrame, display: dict[str, str]) -> bytes:
    """Draw one small ROC curve a finding; a finding without both classes gets an empty frame that says so.

    Args:
        scores: score table.
        metrics: rows of `evaluate_scores` for all images, indexed by finding.
        display: finding id to the name in the title.
    """
    findings = list(display)
    columns = min(5, len(findings))
    rows = -(-len(findings) // columns)
    figure = Figure(figsize=(2.3 * columns, 2.5 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, finding in zip(axes, findings, strict=False):
        known = scores[TARGET + finding].notna()
        _draw_roc(axis, scores.loc[known, TARGET + finding], scores.loc[known, PROBABILITY + finding])
        value = metrics["auroc"][finding]
        axis.set_title(f"{display[finding]}\n" + ("undefined" if np.isnan(value) else f"{value:.2f}"), fontsize=9)
    for axis in axes[len(findings) :]:
        axis.axis("off")
    figure.supxlabel("1 - specificity", fontsize=9)
    figure.supylabel("sensitivity", fontsize=9)
    return _png(figure)


def _draw_roc(axis: Axes, targets: "pd.Series[float]", scores: "pd.Series[float]") -> None:
    axis.plot([0, 1], [0, 1], color="0.8", linewidth=0.8)
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axis.tick_params(labelsize=7)
    if targets.nunique() == 2:
        false_positives, sensitivity, _ = roc_curve(targets, scores)
        axis.step(false_positives, sensitivity, where="post", color="C0")
    else:
        axis.text(
            0.5, 0.5, f"{int(targets.sum())} positive\n{int((targets == 0).sum())} negative", ha="center", va="center"
        )


def history_figure(history: pd.DataFrame) -> bytes:
    """Draw training loss and validation AUROC over epochs."""
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(history["epoch"], history["loss"], marker="o", markersize=3)
    left.set(xlabel="epoch", ylabel="training loss")
    for name in [column for column in history.columns if column.startswith("val_")]:
        known = history[name].notna()
        right.plot(history["epoch"][known], history[name][known], marker="o", markersize=3, label=name)
    right.set(xlabel="epoch", ylabel="validation")
    right.legend(fontsize=8)
    for axis in (left, right):
        axis.xaxis.get_major_locator().set_params(integer=True)
    return _png(figure)


def image_png(image: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", size: int = 256) -> bytes:
    """Encode a radiograph with values in [0, 1], scaled to at most `size` pixels."""
    from PIL import Image

    picture = Image.fromarray((np.clip(image, 0, 1) * 255).astype(np.uint8))
    picture.thumbnail((size, size), Image.Resampling.BOX)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def example_rows(scores: pd.DataFrame, findings: Sequence[str], limit: int = 8) -> pd.DataFrame:
    """Choose images to show: for one finding after the other, alternately the surest hit and the worst miss."""
    chosen: list[Any] = []
    for turn, finding in enumerate(findings):
        positive = scores[(scores[TARGET + finding] == 1) & ~scores.index.isin(chosen)]
        if len(positive) and len(chosen) < limit:
            probability = positive[PROBABILITY + finding]
            chosen.append(probability.idxmax() if turn % 2 == 0 else probability.idxmin())
    return scores.loc[chosen]


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
