import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from lucency.data.phantom.case import sample_case
from lucency.data.phantom.nih_counts import COUNTS, FINDINGS, IMAGES
from lucency.data.phantom.prevalence import correlations, joint_probability, marginals, sample_findings
from lucency.data.phantom.streams import stream
from lucency.errors import ConfigError
from lucency.labels import NIH14


def draws(prevalence: str, count: int) -> np.ndarray:
    return np.array([sample_findings(prevalence, stream(0, "a", i), stream(0, "b", i)) for i in range(count)])


def test_findings_are_those_of_the_vocabulary_in_its_order() -> None:
    assert FINDINGS == NIH14


def test_counts_are_a_table_of_pairs() -> None:
    counts = np.array(COUNTS)
    assert (counts == counts.T).all()
    assert (counts <= np.minimum.outer(np.diag(counts), np.diag(counts))).all()


@pytest.mark.parametrize("correlation", [-0.6, -0.1, 0.0, 0.3, 0.8])
def test_joint_probability_is_that_of_the_bivariate_normal(correlation: float) -> None:
    for a, b in [(-2.5, -1.0), (-1.0, -1.2), (0.3, -0.4)]:
        expected = multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).cdf([a, b])
        found = joint_probability(np.array([a]), np.array([b]), np.array([correlation]))[0]
        assert found == pytest.approx(expected, abs=1e-6)


def test_correlations_reproduce_every_published_pair() -> None:
    counts = np.array(COUNTS, dtype=float)
    threshold = ndtri(np.diag(counts) / IMAGES)
    rows, columns = np.triu_indices(len(counts), 1)
    matrix = correlations()
    predicted = joint_probability(threshold[rows], threshold[columns], matrix[rows, columns]) * IMAGES
    published = counts[rows, columns]
    assert (np.abs(predicted - published) <= np.maximum(0.02 * published, 2)).all()
    assert np.linalg.eigvalsh(matrix).min() > 0


@pytest.mark.parametrize("prevalence", ["nih", "enriched"])
def test_samples_have_the_marginals_and_pairs_asked_for(prevalence: str) -> None:
    count = 20_000
    found = draws(prevalence, count)
    wanted = marginals(prevalence)
    threshold = ndtri(wanted)
    pairs = found.T.astype(float) @ found / count
    joint = joint_probability(
        threshold[:, None] + 0 * wanted, threshold + 0 * wanted[:, None], correlations() * (1 - np.eye(14))
    )
    joint[np.diag_indices(14)] = wanted
    spread = np.sqrt(joint * (1 - joint) / count)
    assert (np.abs(pairs - joint) < 4.5 * spread + 1e-4).all()


def test_nih_prevalence_leaves_as_many_images_normal_as_published() -> None:
    normal = 1 - draws("nih", 10_000).any(axis=1).mean()
    assert normal == pytest.approx(60_361 / IMAGES, abs=0.03)


def test_a_thousand_enriched_images_hold_forty_positives_of_each_finding() -> None:
    for seed in range(3):
        found = [set(sample_case(index, seed).severity) for index in range(1000)]
        assert min(sum(name in case for case in found) for name in FINDINGS) >= 40


def test_images_of_one_patient_resemble_each_other() -> None:
    pairs = [
        (
            sample_findings("enriched", stream(1, i), stream(2, i)),
            sample_findings("enriched", stream(1, i), stream(3, i)),
        )
        for i in range(3000)
    ]
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    again = (first & second).sum() / first.sum()
    assert again > 2 * second.mean()


def test_unknown_prevalence_is_named() -> None:
    with pytest.raises(ConfigError, match="'natural' is unknown; choose 'nih' or 'enriched'"):
        marginals("natural")  # type: ignore[arg-type]
