import numpy as np
import pytest
import torch
from monai.transforms import Compose
from PIL import Image
from torch.utils.data import DataLoader

from lucency.errors import LucencyError
from lucency.inference import TolerantDataset
from lucency.results import GuardResult
from references.dicom_headers import write_dicom


def open_image(item):
    name = item["image"].rsplit("/")[-1]
    if name == "bad.png":
        raise LucencyError("bad: truncated")
    if name == "worse.png":
        raise ZeroDivisionError("first line\nsecond line")
    item["image"] = torch.full((1, 2, 2), 0.0 if name == "dark.png" else 1.0)
    return item


class DarkIsWrong:
    """Refuses lateral headers and dark images, and grumbles about files without a header."""

    def check_header(self, dataset):
        if dataset is None:
            return GuardResult(outcome="warning", reasons=("no header",))
        lateral = dataset.get("ViewPosition") == "LL"
        return GuardResult(outcome="refuse", reasons=("lateral",)) if lateral else GuardResult(outcome="accept")

    def check_image(self, image):
        assert image.shape == (2, 2)
        assert image.dtype == np.float32
        dark = image.mean() < 0.5
        return GuardResult(outcome="refuse", reasons=("dark",)) if dark else GuardResult(outcome="accept")


@pytest.fixture
def data(tmp_path):
    for name in ("good.png", "bad.png", "worse.png", "dark.png"):
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / name)
    write_dicom(tmp_path / "frontal.dcm", ViewPosition="PA", Rows=4)
    write_dicom(tmp_path / "lateral.dcm", ViewPosition="LL", Rows=4)
    (tmp_path / "note.txt").write_text("hello")
    names = ("good.png", "bad.png", "worse.png", "dark.png", "frontal.dcm", "lateral.dcm", "note.txt")
    return [{"image": str(tmp_path / name), "file": name} for name in names]


def statuses(dataset):
    return {item["file"]: (item["status"], item["reason"]) for item in dataset}


def test_one_unreadable_file_costs_only_its_own_row(data):
    dataset = TolerantDataset(data, Compose([open_image]), (1, 2, 2))
    assert statuses(dataset) == {
        "good.png": ("ok", ""),
        "bad.png": ("failed", "bad: truncated"),
        "worse.png": ("failed", "ZeroDivisionError: first line"),
        "dark.png": ("ok", ""),
        "frontal.dcm": ("ok", ""),
        "lateral.dcm": ("ok", ""),
        "note.txt": ("skipped", "neither DICOM nor PNG, JPEG or NIfTI"),
    }
    assert all(item["image"].shape == (1, 2, 2) for item in dataset)


def test_the_guard_refuses_with_its_reason_and_its_warnings_stay(data):
    items = {item["file"]: item for item in TolerantDataset(data, open_image, (1, 2, 2), DarkIsWrong())}
    assert (items["dark.png"]["status"], items["dark.png"]["reason"]) == ("refused", "dark")
    assert items["dark.png"]["guard_reasons"].splitlines() == ["no header", "dark"]
    assert items["lateral.dcm"]["status"] == "refused"
    assert items["lateral.dcm"]["image"].sum() == 0
    assert (items["good.png"]["status"], items["good.png"]["guard"]) == ("ok", "warning")
    assert items["frontal.dcm"]["guard"] == "accept"
    assert items["note.txt"]["guard"] == "not_run"


def test_a_refused_header_spares_the_decoding(data):
    def never(item):
        raise AssertionError("decoded")

    lateral = [record for record in data if record["file"] == "lateral.dcm"]
    (item,) = TolerantDataset(lateral, never, (1, 2, 2), DarkIsWrong())
    assert (item["status"], item["reason"]) == ("refused", "lateral")


def test_items_of_every_status_share_a_batch_and_a_worker(data):
    dataset = TolerantDataset(data, open_image, (1, 2, 2), DarkIsWrong())
    (batch,) = DataLoader(dataset, batch_size=len(data), num_workers=1)
    assert batch["status"] == ["ok", "failed", "failed", "refused", "ok", "refused", "skipped"]


def test_records_are_not_changed(data):
    before = [dict(record) for record in data]
    list(TolerantDataset(data, open_image, (1, 2, 2)))
    assert data == before


def test_an_explanation_can_be_written_as_utf8():
    def fail(record):
        raise RuntimeError("caf\udce9.png: broken")

    item = TolerantDataset([{"image": "a.png", "file": "a.png"}], fail, (1, 2, 2))[0]
    assert item["reason"].encode() == b"RuntimeError: caf\\udce9.png: broken"
