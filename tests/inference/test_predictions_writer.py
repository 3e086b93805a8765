import csv
import errno
import json

import pytest
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator
from torch import nn

from lucency.errors import LucencyError
from lucency.inference import PredictionsWriter, Site, site_for
from lucency.inference.calibration_maps import PlattMap
from lucency.inference.site import Evidence, FindingCalibration, OperatingPoint
from lucency.inference.site_file import reference_to
from lucency.results import ModelIdentity, PredictionTable
from lucency.results.schema import IDENTIFIERS

MODEL = ModelIdentity(name="bundle", version="1", findings=("edema", "mass"), weights_sha256=None)


def records(*statuses):
    blank = dict.fromkeys(IDENTIFIERS, "")
    guard = {"guard": "warning", "guard_reasons": "no view\nno body part"}
    return [
        {"file": f"{i}.dcm", "path": f"in/{i}.dcm", "image": torch.tensor([i / 4, 1.0]), "status": s, "reason": ""}
        | blank
        | guard
        for i, s in enumerate(statuses)
    ]


def evaluate(folder, data, network=None, site=None, outputs=()):
    table = PredictionTable(folder=folder, model=MODEL)
    SupervisedEvaluator(
        device="cpu",
        val_data_loader=DataLoader(Dataset(data), batch_size=2),
        network=network or nn.Identity(),
        postprocessing=None,
        val_handlers=[PredictionsWriter(table=table, site=site or site_for(MODEL), outputs=outputs)],
        decollate=False,
    ).run()
    return json.loads((folder / "predictions.json").read_text())["results"]


def probabilities(row):
    return {answer["finding"]: answer["probability"] for answer in row["findings"]}


def test_rows_carry_probabilities_only_where_a_file_could_be_read(tmp_path):
    rows = evaluate(tmp_path, records("ok", "failed", "ok"))
    assert [probabilities(row) for row in rows] == [{"edema": 0.0, "mass": 1.0}, {}, {"edema": 0.5, "mass": 1.0}]
    assert rows[0]["guard"] == {"outcome": "warning", "reasons": ["no view", "no body part"]}
    with (tmp_path / "predictions.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["edema"] for row in table] == ["0.000000", "", "0.500000"]


def test_the_site_file_calibrates_and_decides(tmp_path):
    seen = Evidence(positives=9, negatives=9, patients=9)
    site = Site(
        model=reference_to(MODEL),
        calibration={"edema": FindingCalibration(map=PlattMap(slope=1, intercept=2), evidence=seen)},
        operating_points={"edema": OperatingPoint(threshold=0.6, rule="sensitivity", target=0.95)},
    )
    *_, row = evaluate(tmp_path, records("ok", "ok", "ok"), site=site)
    edema, mass = row["findings"]
    assert edema["probability"] == pytest.approx(torch.sigmoid(torch.tensor(2.0)).item())
    assert (edema["raw_probability"], edema["calibration"], edema["decision"]) == (0.5, "platt", "present")
    assert (edema["operating_point"], edema["threshold"]) == ("sensitivity 0.95", 0.6)
    assert (mass["probability"], mass["calibration"], mass["decision"]) == (1.0, "none", None)


class NotANumber(nn.Module):
    def forward(self, image):
        return image * torch.nan


def test_an_answer_that_is_not_finite_is_never_written(tmp_path):
    rows = evaluate(tmp_path, records("ok"), NotANumber())
    assert rows[0]["status"] == "failed"
    assert "not finite" in rows[0]["reason"]
    assert rows[0]["findings"] == []


def test_more_outputs_than_findings_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"longer|shorter"):
        evaluate(tmp_path, records("ok"), nn.Sequential(nn.Linear(2, 3), nn.Sigmoid()))


class Collect:
    """Remembers what it is given; fails where it is told to."""

    def __init__(self, fails_at=()):
        self.fails_at = fails_at
        self.seen = []

    def write(self, result, source, image):
        if result.file in self.fails_at:
            raise LucencyError("no StudyInstanceUID")
        self.seen.append((result.file, str(source), image.tolist(), len(result.findings)))


def test_other_outputs_are_written_for_good_files_and_failures_become_notes(tmp_path):
    broken, whole = Collect(fails_at=["0.dcm"]), Collect()
    rows = evaluate(tmp_path, records("ok", "failed", "ok"), outputs=[broken, whole])
    assert [entry[0] for entry in broken.seen] == ["2.dcm"]
    assert whole.seen == [("0.dcm", "in/0.dcm", [0.0, 1.0], 2), ("2.dcm", "in/2.dcm", [0.5, 1.0], 2)]
    assert [row["notes"] for row in rows] == [["Collect: no StudyInstanceUID"], [], []]
    assert rows[0]["status"] == "ok"


def test_a_full_disk_ends_the_run_so_that_no_report_is_missing_when_it_goes_on(tmp_path):
    class FullDisk:
        def write(self, result, source, image):
            raise LucencyError("report: cannot be written") from OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(LucencyError, match="cannot be written"):
        evaluate(tmp_path, records("ok"), outputs=[FullDisk()])
    assert not PredictionTable(folder=tmp_path, model=MODEL).is_done("0.dcm")


class Answering(nn.Identity):
    answered_by = "openvino fp32"


def test_the_document_says_which_backend_answered(tmp_path):
    evaluate(tmp_path, records("ok"), Answering())
    assert json.loads((tmp_path / "predictions.json").read_text())["run"] == {"answered_by": "openvino fp32"}
