"""The tutorials on a first model and on a hospital's own data, from their first command to their last, made smaller."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pages import ROOT, follow

TUTORIALS = ROOT / "docs" / "tutorials"
SMALLER = {
    "--images 1000 --size 128": "--images 300 --size 40 --workers 1",
    "--images 400 --size 128": "--images 300 --size 40 --workers 1",
    "lucency calibrate": "lucency calibrate --minimum 1",
    "--image_size 64": "--image_size 32 --progress_bar False",
    "--max_epochs 6": "--max_epochs 1",
    "--max_epochs 4": "--max_epochs 1",
    "[2,2,4,2]": "[1,1,1,1]",
    "--minimum 5": "--minimum 1",
    "--rule sensitivity=0.8": "--rule given=0.5",
}
pytestmark = pytest.mark.slow


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """An empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_first_model(reader, capsys):
    follow(TUTORIALS / "first-model.md", SMALLER)
    assert {"cardiomegaly", "effusion", "pneumothorax"} <= set(pd.read_csv("EVALUATION/metrics.csv").finding)
    assert (reader / "report.html").stat().st_size > 10_000
    predictions = pd.read_csv("PREDICTIONS/predictions.csv")
    assert set(predictions.status) == {"ok"}
    assert len(list((reader / "PREDICTIONS" / "sr").rglob("*.dcm"))) == len(predictions) == 300
    assert "unmentioned" in capsys.readouterr().out


def test_a_hospitals_own_data(reader):
    follow(TUTORIALS / "your-hospital.md", SMALLER)
    table = pd.read_csv("HOSPITAL/table.csv")
    said = pd.read_csv("HOSPITAL/labels.csv", keep_default_na=False).set_index("file")
    meant = {"yes": "positive", "no": "negative", "?": "uncertain", "": "unmentioned"}
    for _, row in table.iterrows():
        assert row.effusion == meant[said.loc[Path(row.image).name, "Pleural effusion"]]
    assert table.groupby("patient").split.nunique().max() == 1
    ours, packaged = (pd.read_csv(f"{out}/predictions.csv", index_col="file") for out in ("PREDICTIONS", "ANSWERS"))
    assert set(ours.status) == {"ok"}
    columns = ["raw_effusion", "raw_cardiomegaly"]
    pd.testing.assert_frame_equal(ours[columns].sort_index(), packaged[columns].sort_index(), atol=1e-4)
    assert json.loads(Path("dist/cxr_spml_classification/configs/metadata.json").read_text())["eval_metrics"]
