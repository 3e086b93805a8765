"""Differences to the reference, with intervals over patients and seeds."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..metrics import BootstrapInterval, paired_bootstrap
from .compare import Chosen, Comparison
from .measures import MACRO
from .study import SELECTIONS

METRICS = ("auroc", "ap")


def difference_table(
    comparison: Comparison, *, reference: str | None = None, replicates: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Differences of every loss to the reference under the same selection, per finding and on average.

    The estimate is the mean over seeds of metric(loss, seed) - metric(reference, seed); runs of one seed share
    initialisation and order of images. It is the expected gain of one training run, not that of an ensemble, which
    averaging the scores of the seeds would measure. A resample draws patients with replacement, the same for both
    losses and all seeds, and draws seeds with replacement from those there are. With three seeds the second part is
    rough and somewhat too small, by (S-1)/S in variance.

    Args:
        comparison: finished.
        reference: name of the loss that all others are compared with; the comparison's own if not given.
        replicates: resamples.
        seed: of the resamples.

    Returns:
        `loss, selection, finding, metric, seeds, difference, low, high`; finding `macro` is the mean of the defined
        ones. 95 % percentile intervals. Findings without both classes among the test images have NaN.
    """
    rows, name = [], reference or comparison.reference
    for selection in SELECTIONS:
        of_selection = comparison.of(selection)
        against = next(chosen for chosen in of_selection if chosen.option.name == name)
        for chosen in of_selection:
            if chosen is not against:
                rows += _rows(comparison, chosen, against, replicates, seed)
    columns = ["loss", "selection", "finding", "metric", "seeds", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _rows(
    comparison: Comparison, chosen: Chosen, reference: Chosen, replicates: int, seed: int
) -> list[tuple[object, ...]]:
    study, selection = comparison.study, chosen.selection
    test = study.rows("test")
    shared = [number for number in chosen.runs if number in reference.runs]
    if not shared:
        return []
    paired = [
        paired_bootstrap(
            chosen.runs[number].logits[selection],
            reference.runs[number].logits[selection],
            study.truth[test],
            study.patients[test],
            replicates=replicates,
            seed=seed,
            findings=study.findings,
        )
        for number in shared
    ]
    rows: list[tuple[object, ...]] = []
    for metric, attribute in zip(METRICS, ("auroc", "average_precision"), strict=True):
        interval = over_seeds([getattr(result, attribute) for result in paired], seed)
        names = [*study.findings, MACRO]
        lows, highs = zip(*zip(interval.low, interval.high, strict=True), interval.macro_interval, strict=True)
        for values in zip(names, [*interval.estimate, interval.macro], lows, highs, strict=True):
            finding, *figures = values
            rows.append((chosen.option.name, selection, finding, metric, len(shared), *map(float, figures)))
    return rows


def over_seeds(intervals: list[BootstrapInterval], seed: int) -> BootstrapInterval:
    """Mean over seeds of intervals from the same resamples of patients; each resample draws seeds, too.

    Args:
        intervals: one a seed, R resamples each.
        seed: of the draws.
    """
    drawn = np.random.default_rng([seed, len(intervals)]).integers(
        len(intervals), size=(len(intervals[0].samples), len(intervals))
    )
    stacked: NDArray[np.float64] = np.stack([interval.samples for interval in intervals], axis=1)  # (R, S, L)
    return BootstrapInterval(
        estimate=np.mean([interval.estimate for interval in intervals], axis=0),
        macro=float(np.mean([interval.macro for interval in intervals])),
        samples=np.take_along_axis(stacked, drawn[:, :, None], axis=1).mean(axis=1),
        level=intervals[0].level,
    )
