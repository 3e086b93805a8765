import csv
import json

import pytest
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator
from torch import nn

from lucency.inference import PredictionsWriter
from lucency.inference.folder import IDENTIFIERS
from lucency.results import PredictionTable

FINDINGS = ["edema", "mass"]


def records(*statuses):
    blank = dict.fromkeys(IDENTIFIERS, "")
    return [
        {"file": f"{i}.dcm", "image": torch.tensor([float(i), 1.0]), "status": s, "reason": "", **blank}
        for i, s in enumerate(statuses)
    ]


def evaluate(folder, data, network=None):
    table = PredictionTable(folder=folder, findings=FINDINGS, weights=folder / "model.pt")
    SupervisedEvaluator(
        device="cpu",
        val_data_loader=DataLoader(Dataset(data), batch_size=2),
        network=network or nn.Identity(),
        postprocessing=None,
        val_handlers=[PredictionsWriter(table=table)],
        decollate=False,
    ).run()
    return json.loads((folder / "predictions.json").read_text())["results"]


def test_rows_carry_probabilities_only_where_a_file_could_be_read(tmp_path):
    rows = evaluate(tmp_path, records("ok", "failed", "ok"))
    assert [row["probabilities"] for row in rows] == [
        {"edema": 0.0, "mass": 1.0}, None, {"edema": 2.0, "mass": 1.0},
    ]  # fmt: skip
    with (tmp_path / "predictions.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["edema"] for row in table] == ["0.000000", "", "2.000000"]


class NotANumber(nn.Module):
    def forward(self, image):
        return image * torch.nan


def test_an_answer_that_is_not_finite_is_never_written(tmp_path):
    rows = evaluate(tmp_path, records("ok"), NotANumber())
    assert rows[0]["status"] == "failed"
    assert "not finite" in rows[0]["reason"]
    assert rows[0]["probabilities"] is None


def test_more_outputs_than_findings_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"longer|shorter"):
        evaluate(tmp_path, records("ok"), nn.Linear(2, 3))
