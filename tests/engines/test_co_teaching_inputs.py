"""What `CoTeaching` takes, what it calls images, and what it refuses before anything is trained."""

import os

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from lucency.engines import CoTeaching
from lucency.engines.forget_rates import ForgetRates
from lucency.errors import ConfigError, LabelError, LucencyError, TableError
from lucency.losses import CoTeachingLoss, MaskedBCELoss
from references.co_teaching import FEATURES, FINDINGS, IMAGES, records, trainer, twin_networks


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("warm_up", [0.0, 0.3, 1.0])
def test_forgetting_grows_over_the_warm_up(tmp_path, warm_up, exponent):
    settings = {"positive": {"mass": 0.4}, "negative": 0.05}
    rates = ForgetRates(FINDINGS, tmp_path, settings, warm_up=warm_up, exponent=exponent)
    targets = np.array([[1.0, 0.0], [0.0, 1.0], [np.nan, 1.0]])
    for epoch in range(1, 11):
        grown = 1 if epoch >= warm_up * 10 else (epoch / (warm_up * 10)) ** exponent
        expected = np.array([[0.05, 0.05], [0.1, 0.4]]) * grown
        np.testing.assert_allclose(rates.after(epoch, 10, targets, targets, targets), expected)


def test_images_are_called_as_in_the_table(tmp_path):
    about = "1,,PA,61,F,nih,train"
    names = [f"x/{place:02}.png" for place in range(IMAGES - 1)] + [str(tmp_path / "x" / "whole.png")]
    rows = [f"{name},{about},unmentioned,unmentioned" for name in names]
    header = "image,patient,study,view,age,sex,source,split,edema,mass"
    (tmp_path / "table.csv").write_text("\n".join([header, *rows]) + "\n")
    data = [{**record, "file": os.path.join(tmp_path, names[record["index"]])} for record in records()]
    trainer(tmp_path / "run", epochs=1, data=data, table=tmp_path / "table.csv").run()
    assert set(pd.read_parquet(tmp_path / "run" / "entries.parquet")["image"]) <= set(names)
    data[3]["file"] = str(tmp_path / "y.png")
    with pytest.raises(TableError, match=r"table\.csv: has no image .*y\.png; give the table that data was read from"):
        trainer(tmp_path / "run", epochs=1, data=data, table=tmp_path / "table.csv")


def test_a_network_that_has_diverged_is_an_error(tmp_path):
    made = trainer(tmp_path, epochs=1, transform=lambda record: {**record, "image": record["image"] * torch.inf})
    with pytest.raises(LucencyError, match="epoch 1: a network's logits are not finite; lower the learning rate"):
        made.run()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"network": nn.Linear(FEATURES, 2)}, ConfigError, "network is a Linear; give lucency.networks.TwinNetworks"),
        ({"loss": MaskedBCELoss()}, ConfigError, "loss is a MaskedBCELoss; give lucency.losses.CoTeachingLoss"),
        ({"loss": CoTeachingLoss(images=3, findings=2)}, ConfigError, "loss is of 3 images and 2 findings, data of 32"),
        ({"rates": {"positiv": 0.1}}, ConfigError, "no setting 'positiv'; did you mean 'positive'"),
        ({"rates": {"targets": [[1]]}}, ConfigError, "no setting 'targets'"),
        ({"rates": {"method": "gm"}}, ConfigError, "'gm' is not known; did you mean 'gmm'"),
        ({"rates": {"positive": 1.5}}, ConfigError, "positive cannot be 1.5"),
        ({"rates": {"positive": {"oedema": 0.1}}}, LabelError, "'oedema' is not among the findings"),
        ({"warm_up": 2}, ConfigError, "warm_up is 2"),
        ({"exponent": 0}, ConfigError, "exponent is 0"),
        ({"data": [record | {"index": 0} for record in records()]}, ConfigError, "index of data must be 0 to 31, each"),
        ({"mix": -0.1}, ConfigError, "mix is -0.1"),
        ({"form": "variance"}, ConfigError, "unknown form of VoG 'variance'"),
        ({"layer": "fc"}, ConfigError, "has no layer 'fc'"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(tmp_path, options, error, message):
    given = {"folder": tmp_path, "network": twin_networks(), "loss": CoTeachingLoss(images=IMAGES, findings=2)}
    given |= {"data": records(), "findings": FINDINGS, "transform": None, "batch_size": 4}
    with pytest.raises(error, match=message):
        CoTeaching(**(given | options))
