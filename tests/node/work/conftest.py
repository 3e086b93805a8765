"""A tiny model, radiographs for it, and a node that has both."""

import shutil

import pytest

from lucency.node.settings import node_settings
from node.work.place import Place
from node.work.tiny import KEYS, NETWORK
from support import BUNDLE, FINDINGS


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Folder with `model.pt` and `site.yaml`, in which effusion is always called present."""
    import torch
    from monai.networks.nets import DenseNet121

    from lucency.inference import site_for, write_site
    from lucency.inference.site import OperatingPoint
    from lucency.results import identify_model

    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    arguments = {key.partition("#")[2]: value for key, value in NETWORK.items()}
    torch.save(DenseNet121(2, 1, len(FINDINGS), **arguments).state_dict(), folder / "model.pt")
    model = identify_model(
        bundle_root=BUNDLE,
        weights=folder / "model.pt",
        findings=FINDINGS,
        settings={"image_size": 64, "fit": "pad"},
    )
    points = {"effusion": OperatingPoint(threshold=0, rule="given")}
    write_site(folder / "site.yaml", site_for(model).model_copy(update={"operating_points": points}))
    return folder


@pytest.fixture(scope="session")
def radiographs(tmp_path_factory):
    """Frontal radiographs of a phantom."""
    from lucency.data.phantom import write_phantom

    folder = tmp_path_factory.mktemp("radiographs")
    write_phantom(folder, images=2, size=128, workers=1, progress=False)
    return sorted((folder / "images").rglob("*.dcm"))


@pytest.fixture
def settings_of(tiny, tmp_path):
    """Make settings of a node with the tiny model."""

    def make(**changes):
        values = {"bundle": BUNDLE, "state": tmp_path / "state", "pacs": "PACS@127.0.0.1:4242", "overrides": KEYS}
        return node_settings({**values, "weights": tiny / "model.pt", "backend": "torch", **changes})

    return make


@pytest.fixture(scope="session")
def corpus(real_data):
    """The smaller files of a corpus of real and broken DICOM files, below a folder of their own."""
    folder = real_data / "dicom_corpus"
    if not (folder / "index.csv").is_file():
        pytest.skip(f"no DICOM corpus at {folder}")
    return folder


@pytest.fixture
def copied(tmp_path):
    """Copy files into one folder, each under a name of its own."""

    def copy(files):
        folder = tmp_path / "copied"
        folder.mkdir()
        for number, file in enumerate(files):
            shutil.copyfile(file, folder / f"{number:02}-{file.name}")
        return folder

    return copy


@pytest.fixture
def place(tmp_path):
    made = []

    def make(**changes):
        made.append(Place(tmp_path, **changes))
        return made[-1]

    yield make
    for one in made:
        one.queue.close()


@pytest.fixture
def bench(settings_of):
    from node.work.bench import Bench

    made = Bench(settings_of(retry_base=0.01))
    yield made
    made.queue.close()
