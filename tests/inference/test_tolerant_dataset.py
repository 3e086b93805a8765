import torch
from monai.transforms import Compose

from lucency.errors import LucencyError
from lucency.inference import TolerantDataset


def record(image, status="ok", reason=""):
    return {"image": image, "file": image, "status": status, "reason": reason}


def open_image(item):
    if item["image"] == "bad":
        raise LucencyError("bad: truncated")
    if item["image"] == "worse":
        raise ZeroDivisionError("first line\nsecond line")
    item["image"] = torch.ones(1, 2, 2)
    return item


DATA = [record("good"), record("bad"), record("worse"), record("sr", "skipped", "not an image")]


def test_one_unreadable_file_costs_only_its_own_row():
    items = list(TolerantDataset(DATA, Compose([open_image]), (1, 2, 2)))
    assert [(item["status"], item["reason"]) for item in items] == [
        ("ok", ""),
        ("failed", "bad: truncated"),
        ("failed", "ZeroDivisionError: first line"),
        ("skipped", "not an image"),
    ]
    assert [item["image"].sum().item() for item in items] == [4, 0, 0, 0]
    assert all(item["image"].shape == (1, 2, 2) for item in items)


def test_records_are_not_changed():
    dataset = TolerantDataset(DATA, Compose([open_image]), (1, 2, 2))
    dataset[0], dataset[1]
    assert DATA[0]["image"] == "good"
    assert DATA[1]["status"] == "ok"
    assert len(dataset) == 4
