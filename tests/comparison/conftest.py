"""A study of vectors that a linear layer can learn in a second."""

from dataclasses import replace

import numpy as np
import pytest

from lucency.comparison import AssembledStudy, Recipe, Study
from lucency.labels import NIH14

FINDINGS = NIH14[:4]


def make_study(images=240, features=6, seed=0, **changes):
    """Two images a patient; four findings that follow from the features, one positive of each image observed."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(images, features)).astype(np.float32)
    slopes = rng.normal(size=(features, len(FINDINGS)))
    truth = (inputs @ slopes + rng.normal(size=(images, len(FINDINGS))) > 1).astype(np.float32)
    observed = np.full_like(truth, np.nan)
    for row, labels in enumerate(truth):
        positives = np.flatnonzero(labels)
        if len(positives):
            observed[row, rng.choice(positives)] = 1
    patients = np.array([f"p{image // 2}" for image in range(images)])
    splits = np.array((["train"] * 6 + ["val"] * 2 + ["test"] * 2) * (images // 10))
    content = {
        "name": "synthetic",
        "inputs": inputs,
        "truth": truth,
        "observed": observed,
        "patients": patients,
        "splits": splits,
        "findings": FINDINGS,
    }
    return Study(**content | changes)


@pytest.fixture(scope="session")
def study():
    """The study of `make_study`."""
    return make_study()


@pytest.fixture(scope="session")
def recipe():
    """A linear layer, two rates, two seeds, three epochs."""
    return Recipe(
        network={"_target_": "torch.nn.Linear", "in_features": "@features", "out_features": "@outputs"},
        losses=["wan"],
        learning_rates=[0.01, 0.1],
        seeds=[0, 1],
        max_epochs=3,
        batch_size=16,
    )


@pytest.fixture(name="make_study", scope="session")
def give_make_study():
    """The function itself, for studies that differ in something."""
    return make_study


@pytest.fixture(scope="session")
def assembled(study):
    """The same study in two sources, by patient: `a` labels the first two findings, `b` the last three."""
    sources = np.where([int(patient[1:]) % 2 for patient in study.patients], "b", "a")
    labelled = np.where((sources == "a")[:, None], [True, True, False, False], [False, True, True, True])
    content = {name: getattr(study, name) for name in ("name", "inputs", "truth", "patients", "splits", "findings")}
    return AssembledStudy(**content, observed=np.where(labelled, study.truth, np.float32(np.nan)), sources=sources)


@pytest.fixture(scope="session")
def two_layers(recipe):
    """The recipe with a hidden layer, so that a head can take the place of the last one."""
    network = {
        "_target_": "monai.networks.nets.FullyConnectedNet",
        "in_channels": "@features",
        "out_channels": "@outputs",
        "hidden_channels": [8],
        "adn_ordering": "A",
    }
    return replace(recipe, network=network, learning_rates=[0.03], metric="auroc", patience=0)
