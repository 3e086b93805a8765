"""Images for train_guard.py: which to train on, which to choose thresholds on, which to measure on."""

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from lucency.data.phantom import render

Images = dict[str, list[Tensor]]  # name of a source: images (H, W) in [0, 1]


def members(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Images of a tar or zip archive, by name."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            files = [(name, archive.read(name)) for name in sorted(archive.namelist()) if not name.endswith("/")]
    else:
        with tarfile.open(path) as tar:
            files = sorted((m.name, tar.extractfile(m).read()) for m in tar.getmembers() if m.isfile())
    for name, content in files:
        yield name, torch.from_numpy(np.array(Image.open(io.BytesIO(content)).convert("L"))).float() / 255


def load(data: Path) -> tuple[Images, Images, Images]:
    """Sources to train on, to choose thresholds on, and to measure on; patients never cross."""
    parts: dict[str, Images] = {"train": {}, "val": {}, "test": {}}
    table = pd.read_csv(data / "nih_cxr14_subset" / "index_dev.csv").set_index("file")["split"]
    for size in ("320", "64"):
        for name, image in members(data / "nih_cxr14_subset" / f"images_{size}.tar"):
            parts[table[name]].setdefault(f"NIH {size} px", []).append(image)
    mednist = data / "mednist_64"
    known = pd.read_csv(mednist / "index_cxr.csv").set_index("file")["nih_image_id_if_matched"].notna()
    for index, (name, image) in enumerate(members(mednist / "cxr_unlabelled_64.zip")):
        if not known[name]:
            part = "train" if index < 5000 else "val" if index < 5500 else "test"
            parts[part].setdefault("MedNIST CXR 64 px", []).append(image)
    for index, (name, image) in enumerate(members(mednist / "not_chest_radiograph_64.zip")):
        part = "test" if index % 2 else "val" if index % 20 == 0 else "train"
        parts[part].setdefault(f"other: {name.split('/')[0]}", []).append(image)
    for part, count in (("train", 200), ("test", 100)):
        seed = {"train": 1, "test": 2}[part]
        parts[part]["phantom 96 px"] = [torch.from_numpy(render(i, seed=seed, size=96)[0]) for i in range(count)]
    hannover = pd.read_csv(data / "hannover_covid_cxr" / "index.csv").set_index("file")["patient_id"]
    for name, image in members(data / "hannover_covid_cxr" / "images_320.tar"):
        patient = sorted(hannover.unique()).index(hannover[name])  # a third helps to choose thresholds, none to train
        parts["test" if patient % 3 else "val"].setdefault("Hannover", []).append(image)
    return parts["train"], parts["val"], parts["test"]
