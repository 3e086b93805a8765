"""Planted mistakes: both networks find them in every stratum, and strata save the rare positives."""

import numpy as np
import pandas as pd
import pytest
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from torch import nn

from lucency.engines import CoTeaching, LossState, SeedEveryEpoch
from lucency.losses import CoTeachingLoss
from lucency.metrics import auroc
from lucency.networks import TwinNetworks

IMAGES, FEATURES, FINDINGS = 3000, 12, ["cardiomegaly", "mass"]
PREVALENCE = np.array([0.25, 0.03])


def planted(seed):
    """Features, right labels, and labels of which a fifth of the positives, and every tenth true one, is mistaken."""
    rng = np.random.default_rng(seed)
    truth = rng.random((IMAGES, 2)) < PREVALENCE
    inputs = rng.normal(size=(IMAGES, FEATURES)) + 1.5 * truth @ rng.choice([-1, 1], (2, FEATURES))
    missed = truth & (rng.random(truth.shape) < 0.1)
    false = np.zeros_like(truth)
    for finding in range(2):
        count = int((truth & ~missed)[:, finding].sum() / 4)
        false[rng.choice(np.flatnonzero(~truth[:, finding]), count, replace=False), finding] = True
    return torch.from_numpy(inputs).float(), truth, (truth & ~missed) | false


def entries_after(folder, seed, epochs=8, **options):
    """`entries.parquet` of a small training, with a column `right`."""
    inputs, truth, labels = planted(seed)
    data = [
        {"image": image, "label": torch.from_numpy(label).float(), "index": place, "file": f"{place:04}"}
        for place, (image, label) in enumerate(zip(inputs, labels, strict=True))
    ]
    torch.manual_seed(seed)
    twins = TwinNetworks(*(nn.Sequential(nn.Linear(FEATURES, 8), nn.ReLU(), nn.Linear(8, 2)) for _ in range(2)))
    loss = CoTeachingLoss(images=IMAGES, findings=2)
    reading = {"data": data, "transform": None, "batch_size": IMAGES}
    choice = CoTeaching(folder=folder, network=twins, loss=loss, findings=FINDINGS, snapshots=3, **reading, **options)
    SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=DataLoader(Dataset(data), batch_size=250, shuffle=True),
        network=twins,
        optimizer=torch.optim.Adam(twins.parameters(), lr=0.02),
        loss_function=loss,
        train_handlers=[SeedEveryEpoch(seed=seed), LossState(**reading), choice],
        decollate=False,
    ).run()
    entries = pd.read_parquet(folder / "entries.parquet")
    place, finding = entries["image"].astype(int), entries["finding"].map(FINDINGS.index)
    return entries.assign(right=truth[place, finding] == entries["observed"])


@pytest.mark.parametrize("seed", range(2))
def test_mistakes_have_large_losses_in_both_strata(tmp_path, seed):
    entries = entries_after(tmp_path, seed, rates={"positive": 0.2})
    for (finding, observed), stratum in entries.groupby(["finding", "observed"]):
        for column in ("loss", "loss_second"):
            area = auroc(stratum[[column]].to_numpy(), (~stratum[["right"]]).to_numpy(float)).values[0]
            print(f"\nseed {seed}, {finding} observed {observed}: AUROC of {column} {area:.3f}", end="")
            assert area > 0.9, (finding, observed, column)


@pytest.mark.parametrize("seed", range(2))
def test_strata_retain_the_rare_positives_that_one_cut_a_finding_drops(tmp_path, seed):
    rates = {"positive": 0.2, "negative": 0.2, "most_negative": 10}
    retained = {}
    for name, stratified in (("strata", True), ("one cut", False)):
        entries = entries_after(tmp_path / name, seed, rates=rates, stratified=stratified)
        rare = entries[entries["right"] & entries["observed"].eq(1) & entries["finding"].eq("mass")]
        shares = rare[["kept", "kept_second"]].mean()
        retained[name] = shares.min(), shares.max()
        print(f"\nseed {seed}, {name}: right rare positives kept {shares.min():.3f} to {shares.max():.3f}", end="")
    assert retained["strata"][0] >= 0.8, retained
    assert retained["one cut"][1] < 0.2, retained
