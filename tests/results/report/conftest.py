"""A small cohort whose every figure can be recomputed slowly."""

import numpy as np
import pandas as pd
import pytest

from lucency.results.report.scored_images import ScoredImages

FINDINGS = ("edema", "mass", "hernia")


def make_scores(seed: int = 0, images: int = 160, patients: int = 70, noise: float = 0.9) -> pd.DataFrame:
    """Patients with several images, ties, unknown labels, a finding without a positive, blanks among sexes and ages."""
    truth = np.random.default_rng(1)
    owner = np.sort(np.r_[np.arange(patients), truth.integers(patients, size=images - patients)])
    labels = (truth.random((patients, len(FINDINGS))) < (0.4, 0.3, 0.0))[owner].astype(float)
    rng = np.random.default_rng(seed)
    logits = 1.5 * labels - 1 + rng.normal(0, noise, labels.shape)
    probabilities = (1 / (1 + np.exp(-logits))).round(2)
    labels[truth.random(labels.shape) < (0.1, 0.3, 0.0)] = np.nan
    age, sex, view = truth.integers(0, 95, patients)[owner], truth.choice(["F", "M", ""], patients)[owner], owner % 3
    table = pd.DataFrame(
        {
            "file": [f"/data/images/{row:03d}.png" for row in range(images)],
            "patient": [f"p{number:02d}" for number in owner],
            "sex": sex,
            "age": np.where(owner % 10 == 0, np.nan, age),
            "view": np.where(view == 0, "AP", "PA"),
        }
    )
    for column, finding in enumerate(FINDINGS):
        table[f"target_{finding}"] = labels[:, column]
        table[f"probability_{finding}"] = probabilities[:, column]
    return table


@pytest.fixture(scope="session")
def scores() -> pd.DataFrame:
    """The score table."""
    return make_scores()


@pytest.fixture(scope="session")
def images(scores: pd.DataFrame) -> ScoredImages:
    """The same as a report takes it."""
    return ScoredImages.of(scores)


@pytest.fixture(scope="session")
def other() -> ScoredImages:
    """A worse model on the same images."""
    return ScoredImages.of(make_scores(seed=5, noise=2.0))


@pytest.fixture
def evaluation(tmp_path, scores):
    """Folder of an evaluation."""
    folder = tmp_path / "evaluation"
    folder.mkdir()
    scores.to_csv(folder / "scores.csv", index=False)
    return folder
