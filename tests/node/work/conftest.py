"""A tiny model, radiographs for it, and a node that has both."""

import shutil

import pytest

from lucency.node.settings import node_settings
from node.work.place import Place
from node.work.tiny import KEYS
from support import BUNDLE, write_tiny_model, write_tiny_site


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Folder with `model.pt` and `site.yaml`, in which effusion is always called present."""
    folder = tmp_path_factory.mktemp("tiny")
    write_tiny_model(folder)
    write_tiny_site(folder)
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
