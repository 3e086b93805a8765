"""What wrong labels do to an AUROC, where one knows how often they are wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...errors import TableError, suggestion
from .document import Coverage, Figures
from .measured import Measured
from .report import LabelNoise

COLUMNS = ("finding", "sensitivity", "specificity")


@dataclass(frozen=True)
class LabelRates:
    """How often labels are right: share of true positives that are labelled positive, and of true negatives."""

    sensitivity: float
    specificity: float


def read_label_rates(path: str | Path) -> dict[str, LabelRates]:
    """Read a CSV file with the columns finding, sensitivity, specificity, as an audit of labels gives them.

    Raises:
        TableError: the file cannot be read, lacks a column, or holds something else than a share.
    """
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise TableError(f"{path}: not readable ({' '.join(str(error).split())}); give a CSV file") from error
    if missing := [column for column in COLUMNS if column not in table]:
        raise TableError(f"{path}: column {missing[0]} is missing; it needs {', '.join(COLUMNS)}")
    rates = {}
    for finding, *shares in table[list(COLUMNS)].itertuples(index=False):
        numbers = [float(pd.to_numeric(share, errors="coerce")) for share in shares]
        if not all(0 <= number <= 1 for number in numbers):
            raise TableError(f"{path}: {finding}: sensitivity and specificity must be shares in [0, 1]")
        rates[str(finding)] = LabelRates(*numbers)
    return rates


def correct_for_noise(
    figures: Iterable[Figures], coverage: Iterable[Coverage], rates: Mapping[str, LabelRates]
) -> tuple[LabelNoise, ...]:
    r"""Estimate the AUROC against the truth from that against labels.

    If labels err independently of the image once the truth is given, with sensitivity a and specificity b, and a share
    q of labels is positive, then a share $\pi = (q + b - 1) / (a + b - 1)$ is truly positive, labels have the
    predictive values $v = a\pi/q$ and $w = b(1-\pi)/(1-q)$, and

    $$A_{labels} = \tfrac12 + (v + w - 1)\,(A_{truth} - \tfrac12).$$

    So no model can show more than (v + w) / 2. The interval of the AUROC is mapped as it is: the rates count as exact.
    Menon, van Rooyen, Ong, Williamson, ICML 2015.

    Args:
        figures: measured against the labels.
        coverage: of the same findings, in the same order.
        rates: of some findings.

    Returns:
        One entry a finding that has rates. Without a corrected AUROC, with the reason, where the rates cannot be
        those of these labels: they ask for a share of positives outside [0, 1], or the AUROC is above the ceiling.

    Raises:
        TableError: there are rates, but of none of these findings.
    """
    pairs = {one.finding: (one, of) for one, of in zip(figures, coverage, strict=True)}
    found = [finding for finding in pairs if finding in rates]
    if rates and not found:
        hint = suggestion(next(iter(rates)), pairs)
        raise TableError(f"label rates: are of no finding of the report{hint}; write ids such as {next(iter(pairs))}")
    return tuple(_correct(*pairs[finding], rates[finding]) for finding in found)


def _correct(figures: Figures, coverage: Coverage, rates: LabelRates) -> LabelNoise:
    noise = LabelNoise(finding=figures.finding, sensitivity=rates.sensitivity, specificity=rates.specificity)
    share, auroc = coverage.prevalence, figures.auroc
    if share is None or auroc.value is None:
        return noise.model_copy(update={"note": "no AUROC to correct"})
    informative = rates.sensitivity + rates.specificity - 1
    if informative <= 0:
        return noise.model_copy(update={"note": "such labels say nothing about the truth"})
    truly = (share + rates.specificity - 1) / informative
    if not 0 < truly < 1:
        return noise.model_copy(update={"note": f"these rates cannot give {share:.1%} positive labels"})
    ppv = rates.sensitivity * truly / share
    npv = rates.specificity * (1 - truly) / (1 - share)
    slope = ppv + npv - 1
    ceiling = 0.5 + slope / 2
    if auroc.value > ceiling:
        note = "the AUROC lies above what these rates allow"
        return noise.model_copy(update={"ceiling": ceiling, "note": note})
    values = [None if one is None else min(max(0.5 + (one - 0.5) / slope, 0), 1) for one in (auroc.low, auroc.high)]
    corrected = Measured(value=0.5 + (auroc.value - 0.5) / slope, low=values[0], high=values[1])
    return noise.model_copy(update={"ceiling": ceiling, "corrected": corrected})
