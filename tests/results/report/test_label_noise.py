"""Noise: labels drawn at known rates must give back the AUROC against the truth."""

import numpy as np
import pytest

from lucency.errors import TableError
from lucency.results.report.document import Coverage, Figures
from lucency.results.report.label_noise import LabelRates, correct_for_noise, read_label_rates
from lucency.results.report.measured import Measured
from references.resampling import auroc


def measured_on(scores, labels):
    area = auroc(scores, labels)
    positive, unknown = int((labels == 1).sum()), int(np.isnan(labels).sum())
    figures = Figures(
        finding="mass",
        auroc=Measured.of(area, area - 0.01, area + 0.01),
        average_precision=Measured(),
        brier=Measured(),
        calibration_error=Measured(),
        log_loss=Measured(),
    )
    negative = len(labels) - positive - unknown
    coverage = Coverage(finding="mass", positive=positive, negative=negative, unknown=unknown, positive_patients=1)
    return figures, coverage


@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.6, 0.97), (0.9, 0.8), (1.0, 1.0)])
def test_simulated_labels_give_back_the_truth(sensitivity, specificity):
    rng = np.random.default_rng(0)
    truth = rng.random(200_000) < 0.2
    scores = truth + rng.normal(0, 1, len(truth))
    flipped = rng.random(len(truth)) < np.where(truth, 1 - sensitivity, 1 - specificity)
    labels = (truth ^ flipped).astype(float)
    labels[rng.random(len(labels)) < 0.3] = np.nan
    figures, coverage = measured_on(scores, labels)
    (noise,) = correct_for_noise([figures], [coverage], {"mass": LabelRates(sensitivity, specificity)})
    perfect, _ = measured_on(truth.astype(float), labels)
    assert noise.ceiling == pytest.approx(perfect.auroc.value, abs=0.003)
    assert noise.corrected.value == pytest.approx(auroc(scores, truth.astype(float)), abs=0.006)
    stretched = (noise.corrected.high - noise.corrected.low) / 0.02
    assert stretched == pytest.approx(1 / (2 * noise.ceiling - 1))


@pytest.mark.parametrize(
    ("rates", "note"),
    [
        (LabelRates(0.3, 0.7), "such labels say nothing about the truth"),
        (LabelRates(0.9, 0.6), "these rates cannot give 20.0% positive labels"),
        (LabelRates(0.5, 0.85), "the AUROC lies above what these rates allow"),
    ],
)
def test_rates_that_cannot_hold_correct_nothing(rates, note):
    truth = np.repeat([1.0, 0.0], [200, 800])
    figures, coverage = measured_on(truth + np.linspace(0, 1.05, 1000), truth)
    (noise,) = correct_for_noise([figures], [coverage], {"mass": rates})
    assert noise.note == note
    assert noise.corrected == Measured()


def test_findings_without_rates_or_without_an_auroc():
    figures, coverage = measured_on(np.arange(4.0), np.zeros(4))
    (noise,) = correct_for_noise([figures], [coverage], {"mass": LabelRates(0.9, 0.9)})
    assert noise.note == "no AUROC to correct"
    assert correct_for_noise([figures], [coverage], {}) == ()
    with pytest.raises(TableError, match="are of no finding of the report; did you mean 'mass'"):
        correct_for_noise([figures], [coverage], {"mas": LabelRates(0.9, 0.9)})


def test_rates_are_read(tmp_path):
    path = tmp_path / "rates.csv"
    path.write_text("finding,sensitivity,specificity,kappa\nmass,0.33,0.96,0.5\nnodule,0.3,0.95,0.4\n")
    assert read_label_rates(path) == {"mass": LabelRates(0.33, 0.96), "nodule": LabelRates(0.3, 0.95)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("finding,sensitivity\nmass,0.3\n", "column specificity is missing"),
        ("finding,sensitivity,specificity\nmass,33,96\n", "mass: sensitivity and specificity must be shares"),
        ("finding,sensitivity,specificity\nmass,,0.9\n", "mass: sensitivity and specificity must be shares"),
    ],
)
def test_rates_that_cannot_be_used_are_refused(tmp_path, text, message):
    path = tmp_path / "rates.csv"
    path.write_text(text)
    with pytest.raises(TableError, match=message):
        read_label_rates(path)
    with pytest.raises(TableError, match="not readable"):
        read_label_rates(tmp_path / "none.csv")
