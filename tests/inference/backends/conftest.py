"""A network small enough to be exported to everything in seconds."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from monai.networks.nets import DenseNet121
from torch import Tensor, nn

from lucency.inference.backends import Exports, export_network
from lucency.release.golden import seeded_state


@dataclass(frozen=True)
class Exported:
    folder: Path
    network: nn.Module
    images: Tensor
    exports: Exports

    @property
    def weights(self) -> Path:
        return self.folder / "model.pt"


def tiny(seed=0):
    network = DenseNet121(2, 1, 3, init_features=8, growth_rate=4, block_config=(1, 1, 1, 1))
    network.load_state_dict(seeded_state(network, seed))
    return network.eval()


def some_images(count, size=32):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(count))


@pytest.fixture
def make_network():
    return tiny


@pytest.fixture(scope="session")
def make_images():
    return some_images


@pytest.fixture(scope="session")
def everything(tmp_path_factory):
    """Exports in every precision; not to be changed."""
    folder = tmp_path_factory.mktemp("exported")
    network, images = tiny(), some_images(3)
    torch.save(network.state_dict(), folder / "model.pt")
    exports = export_network(
        network,
        images,
        weights=folder / "model.pt",
        folder=folder / "exports",
        precisions=["fp32", "bf16", "int8"],
        batch_size=2,
        rounds=2,
        threads=1,
    )
    return Exported(folder, network, images, exports)


@pytest.fixture
def exported(everything, tmp_path):
    """The same in a folder of the test's own."""
    shutil.copytree(everything.folder, tmp_path / "run")
    return Exported(tmp_path / "run", tiny(), everything.images, everything.exports)
