"""What the shipped image check promises, counted again on images that it was not trained on."""

import csv

import numpy as np
import pytest
import torch
import yaml
from safetensors import safe_open

from lucency.inference.guard.image_check import MODEL
from lucency.inference.guard.poses import POSES
from references.guard_inputs import letterboxed, members

RECORD = yaml.safe_load(MODEL.with_suffix(".yaml").read_text())


def outcomes(guard, images):
    return np.array([guard.check_image(image).outcome for image in images])


def flagged(guard, images):
    return (outcomes(guard, images) != "accept").mean()


@pytest.fixture(scope="module")
def hannover(real_data):
    path = real_data / "hannover_covid_cxr" / "images_320.tar"
    if not path.is_file():
        pytest.skip(f"no Hannover radiographs at {path}")
    with (path.parent / "index.csv").open(newline="") as file:
        patients = {row["file"]: row["patient_id"] for row in csv.DictReader(file)}
    order = sorted(set(patients.values()))
    held_out = {name for name, patient in patients.items() if order.index(patient) % 3}  # as the script divides them
    return [letterboxed(image, 128) for image in members(path, lambda name: name in held_out).values()]


@pytest.fixture(scope="module")
def nih(real_data):
    folder = real_data / "nih_cxr14_subset"
    if not (folder / "index_dev.csv").is_file():
        pytest.skip(f"no NIH radiographs at {folder}")
    with (folder / "index_dev.csv").open(newline="") as file:
        held_out = {row["file"] for row in csv.DictReader(file) if row["split"] == "test"}
    images = {}
    for size in ("320", "64"):
        images |= members(folder / f"images_{size}.tar", lambda name: name in held_out)
    assert len(images) == len(held_out) > 200
    return [letterboxed(image, 128) for image in images.values()]


def test_frontal_chests_of_another_hospital_pass(guard, hannover):
    assert len(hannover) == RECORD["measured"]["Hannover"]["images"]
    found = outcomes(guard, hannover)
    assert (found == "refuse").mean() <= 0.02
    assert (found == "warning").mean() <= 0.1


def test_frontal_chests_of_held_out_patients_are_accepted(guard, nih):
    assert flagged(guard, nih) <= 0.02


def test_images_of_other_parts_of_the_body_are_flagged(guard, real_data):
    path = real_data / "mednist_64" / "not_chest_radiograph_64.zip"
    if not path.is_file():
        pytest.skip(f"no MedNIST at {path}")
    held_out = list(members(path).values())[1::2]  # as the script divides them
    assert len(held_out) == 1000
    assert flagged(guard, [letterboxed(image, 64) for image in held_out]) >= 0.98


@pytest.mark.parametrize("pose", POSES[1:], ids=lambda pose: pose.name)
def test_turned_chests_are_flagged(guard, hannover, nih, pose):
    for images, mirrored in ((hannover[::3], 0.5), (nih[::3], 0.75)):  # mirroring is the hardest to see
        turned = [pose.apply(torch.from_numpy(image)) for image in images]
        assert flagged(guard, turned) >= (mirrored if "left to right" in pose.name else 0.95)


def test_inverted_chests_are_flagged(guard, hannover, nih):
    assert flagged(guard, [np.where(image > 0, 1 - image, 0) for image in [*hannover[::2], *nih[::2]]]) >= 0.95


def test_the_record_names_what_was_measured_and_how():
    assert RECORD["command"].startswith("python scripts/train_guard.py")
    assert not {name for name in RECORD["trained_on"] if "Hannover" in name}
    assert {"Hannover", "NIH 320 px", "NIH 64 px"} <= set(RECORD["measured"])
    for row in RECORD["measured"].values():
        assert 0 <= row["low"] <= row["flagged"] <= row["high"] <= 1


def test_the_weights_are_no_pickle():
    with safe_open(MODEL, framework="pt") as file:
        assert sum(file.get_tensor(name).numel() for name in file.keys()) < 125_000  # noqa: SIM118
