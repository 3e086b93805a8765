"""A tiny bundle network, exported, and radiographs of every kind."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest

from lucency.data.phantom import write_phantom
from lucency.release.export import export_bundle
from support import BUNDLE, FINDINGS, TINY, write_tiny_model

NETWORK = {key: value for key, value in TINY.items() if key.startswith("network_def")}
KEYS = {"findings": FINDINGS, "image_size": 64, "progress_bar": False, **NETWORK}


@dataclass(frozen=True)
class Hospital:
    folder: Path
    keys: dict[str, object]

    @property
    def weights(self) -> Path:
        return self.folder / "model.pt"

    @property
    def exports(self) -> Path:
        return self.folder / "exports" / "exports.json"


@pytest.fixture(scope="session")
def exported_hospital(tmp_path_factory):
    """Weights with their exports, and a folder `in`; not to be changed."""
    folder = tmp_path_factory.mktemp("hospital")
    write_phantom(folder / "phantom", images=5, size=160, workers=1, progress=False)
    write_phantom(folder / "png", images=1, size=90, format="png", workers=1, progress=False)
    incoming = folder / "in"
    incoming.mkdir()
    for number, image in enumerate(sorted((folder / "phantom" / "images").rglob("*.dcm"))):
        (incoming / f"{number}.dcm").write_bytes(image.read_bytes())
    for image in (folder / "png" / "images").rglob("*.png"):
        (incoming / "drawn.png").write_bytes(image.read_bytes())
    for golden in (BUNDLE / "golden").glob("*.dcm"):
        shutil.copy(golden, incoming)
    lateral = pydicom.dcmread(incoming / "0.dcm")
    lateral.ViewPosition = "LL"
    lateral.save_as(incoming / "lateral.dcm")
    (incoming / "cut.dcm").write_bytes((incoming / "0.dcm").read_bytes()[:3000])
    (incoming / "note.txt").write_text("no image")
    export_bundle(BUNDLE, weights=write_tiny_model(folder), backends=["onnxruntime", "openvino"], overrides=KEYS)
    return Hospital(folder, KEYS)


@pytest.fixture
def hospital(exported_hospital, tmp_path):
    """The same in a folder of the test's own."""
    shutil.copytree(exported_hospital.folder, tmp_path / "hospital")
    return Hospital(tmp_path / "hospital", dict(KEYS))
