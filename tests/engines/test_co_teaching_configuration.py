"""Co-teaching as docs/reference/losses.md configures it: MONAI's parser builds it, and leaves a plain network."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from monai.bundle import ConfigParser
from monai.networks.nets import DenseNet121
from PIL import Image

from support import BUNDLE

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "losses.md"
TINY = {"init_features": 8, "growth_rate": 4, "block_config": [1, 1, 1, 1]}
SETTINGS = {
    "findings": ["edema", "mass"],
    "image_size": 32,
    "batch_size": 4,
    "max_epochs": 4,
    "progress_bar": False,
    "amp": False,
    "snapshots": 2,
    "rates#positive": {"mass": 0.3},
    "network_def#first": TINY,
    "network_def#second": TINY,
}


@pytest.fixture
def study(tmp_path):
    """Folder with a table of 24 images of 24 patients."""
    rng = np.random.default_rng(0)
    states = rng.choice(["positive", "negative", "unmentioned"], size=(24, 2), p=[0.4, 0.4, 0.2])
    rows = []
    for place, (edema, mass) in enumerate(states):
        Image.fromarray(rng.integers(0, 255, (32, 32)).astype(np.uint8)).save(tmp_path / f"{place}.png")
        about = {"image": f"{place}.png", "patient": f"p{place}", "study": "", "view": "PA", "age": 60, "sex": ""}
        split = "train" if place < 16 else "val"
        rows.append({**about, "source": "noise", "split": split, "edema": edema, "mass": mass})
    pd.DataFrame(rows).to_csv(tmp_path / "table.csv", index=False)
    return tmp_path


def test_a_bundle_trains_both_networks_and_leaves_the_first(study):
    section = PAGE.read_text(encoding="utf-8").split("## CoTeachingLoss\n")[1].split("\n## ")[0]
    settings, handler = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", section, flags=re.DOTALL))
    config = yaml.safe_load((BUNDLE / "configs" / "train.yaml").read_text()) | settings
    handlers = config["train"]["handlers"]
    place = [handler["_target_"] for handler in handlers].index("lucency.engines.RunCheckpoint")
    handlers.insert(place, handler)
    (network,) = re.findall(r'`validate#evaluator#network: "(.*?)"`', section)
    config["validate"]["evaluator"]["network"] = network
    parser = ConfigParser(config)
    for key, value in SETTINGS.items():
        parser[key] = {**parser[key], **value} if key.startswith("network_def") else value
    parser.update({"dataset_dir": str(study), "ckpt_dir": str(study / "models"), "device": "cpu"})
    parser.parse()
    for step in ("initialize", "run"):
        parser.get_parsed_content(step)

    entries = pd.read_parquet(study / "models" / "entries.parquet")
    table = pd.read_csv(study / "table.csv").set_index("image")
    train = table[table["split"].eq("train")]
    observed = train[["edema", "mass"]].isin(["positive", "negative"]).to_numpy()
    assert len(entries) == observed.sum()
    said = [table.loc[entry.image, entry.finding] for entry in entries.itertuples()]
    assert (entries["observed"] == (np.array(said) == "positive")).all()
    assert entries["vog"].notna().all()
    rates = pd.read_csv(study / "models" / "noise_rates.csv").set_index(["finding", "label"])["rate"]
    assert rates["mass", "positive"] == 0.3
    assert rates["edema", "positive"] == 0.1

    saved = torch.load(study / "models" / "last.pt", weights_only=True)
    assert saved["loss"]["keep"].shape == (2, 16, 2)
    twins = parser.get_parsed_content("network_def")
    assert not torch.equal(twins.first.features.conv0.weight, twins.second.features.conv0.weight)
    plain = DenseNet121(spatial_dims=2, in_channels=1, out_channels=2, **TINY)
    plain.load_state_dict(torch.load(study / "models" / "model.pt", weights_only=True))
