"""Reliability diagrams before and after calibration."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from scipy.stats import binomtest

from ...metrics import expected_calibration_error
from ...metrics.inputs import FloatArray
from ..site import FindingCalibration
from .fit import CalibrationFit

COLUMNS = 5
POSITIVES_PER_BIN = 5
LEAST = 1e-4  # the axes start no lower


def reliability_figure(fit: CalibrationFit, display: Mapping[str, str] | None = None, *, bins: int = 10) -> bytes:
    """Draw the share of positives over the mean probability of equal images, raw and calibrated, for all findings.

    A bin holds the same images before and after, so its two points are equally high and calibration moves it sideways
    to the diagonal. Bins are cut where the sum of q (1 - q) over images in the order of their raw probability reaches
    equal parts, q being calibrated: equally many positives are expected in each, where the finding is rare, and
    outcomes do not decide where it is cut. Bars are Wilson's 95 % intervals as if every image were another patient.
    Both axes are logarithmic: most probabilities of most findings are small.

    Args:
        fit: result of `fit_calibration`; its cross-fitted probabilities are drawn.
        display: finding to the name in the title.
        bins: at most; fewer where there are less than five positives a bin.

    Returns:
        A PNG file; the same fit gives the same bytes.
    """
    rows = -(-len(fit.findings) // COLUMNS)
    columns = min(COLUMNS, len(fit.findings))
    figure = Figure(figsize=(2.3 * columns, 2.3 * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    binned = [_bin_images(*arrays, bins) for arrays in zip(fit.raw.T, fit.cross_fitted.T, fit.targets.T, strict=True)]
    errors = [expected_calibration_error(p, fit.targets).values for p in (fit.raw, fit.cross_fitted)]
    for number, (finding, calibration) in enumerate(fit.calibrations.items()):
        axis = axes[number]
        _draw(axis, binned[number], calibration.map.method != "none")
        error = (float(errors[0][number]), float(errors[1][number]))
        axis.set_title((display or {}).get(finding, finding), fontsize=9, loc="left", pad=24)
        axis.text(
            0,
            1.03,
            _subtitle(calibration, error),
            transform=axis.transAxes,
            fontsize=6.5,
            color="0.35",
            in_layout=False,
        )
    for axis in axes[len(fit.findings) :]:
        axis.axis("off")
    figure.supxlabel("mean probability of a bin of images", fontsize=9)
    figure.supylabel("share of positives, 95 % interval", fontsize=9)
    labelled = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    if labelled:
        figure.legend(labelled.values(), labelled.keys(), fontsize=8, loc="outside upper right", ncols=2, frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _bin_images(raw: FloatArray, calibrated: FloatArray, targets: FloatArray, bins: int) -> FloatArray:
    """Mean raw and calibrated probability, share of positives, and its bounds: (5, bins)."""
    known = ~np.isnan(targets)
    p, q, y = raw[known], calibrated[known], targets[known]
    if not len(y):
        return np.empty((5, 0))
    count = int(np.clip(min(y.sum(), len(y) - y.sum()) // POSITIVES_PER_BIN, 1, bins))
    order = np.argsort(p, kind="stable")
    information = np.cumsum((q * (1 - q))[order])
    cuts = np.searchsorted(information, information[-1] * np.arange(1, count) / count)
    parts = [part for part in np.split(order, cuts) if len(part)]
    return np.array([[p[part].mean(), q[part].mean(), *_wilson(y[part])] for part in parts]).T


def _wilson(outcomes: FloatArray) -> tuple[float, float, float]:
    test = binomtest(int(outcomes.sum()), len(outcomes))
    interval = test.proportion_ci(method="wilson")
    return float(test.statistic), float(interval.low), float(interval.high)


def _draw(axis: Axes, points: FloatArray, calibrated: bool) -> None:
    lowest = np.clip(points[:4].min(initial=0.1, where=points[:4] > 0), LEAST, 0.1)
    least = float(10 ** np.floor(np.log10(lowest)))  # the power of ten below
    axis.plot([least, 1], [least, 1], color="0.8", linewidth=0.8, zorder=0)
    axis.set(xscale="log", yscale="log", xlim=(least, 1), ylim=(least, 1), aspect="equal")
    for one in (axis.xaxis, axis.yaxis):
        one.set_major_locator(LogLocator(10))
        one.set_major_formatter(FuncFormatter(_tick))
        one.set_minor_formatter(NullFormatter())
        one.set_tick_params(which="minor", length=1.5)
    axis.tick_params(labelsize=7)
    if not points.size:
        axis.text(0.5, 0.5, "no label known", transform=axis.transAxes, ha="center", va="center", fontsize=8)
        return
    raw, mapped, share, low, high = np.clip(points, least, 1)
    axis.hlines(share, raw, mapped, color="0.75", linewidth=0.8, zorder=1)
    axis.vlines(mapped, low, high, color="C0" if calibrated else "C1", linewidth=1, zorder=1)
    axis.plot(raw, share, "o", color="C1", markersize=4, markerfacecolor="white", label="network")
    if calibrated:
        axis.plot(mapped, share, "o", color="C0", markersize=4, label="calibrated")


def _tick(value: float, _: Any) -> str:
    return f"{value:g}"


def _subtitle(calibration: FindingCalibration, errors: tuple[float, float]) -> str:
    evidence = f"{calibration.evidence.positives} positives"
    if not np.isnan(errors[0]):
        after = "" if calibration.map.method == "none" else f" → {errors[1]:.3f}"
        evidence += f", ECE {errors[0]:.3f}{after}"
    return f"{calibration.name}\n{evidence}"  # in two lines, as one is wider than the axes
