"""What docs/reference/networks.md states about class queries is what the code does."""

from pathlib import Path

import torch
from monai.networks.nets import DenseNet121

from lucency.networks import ClassQueryDenseNet

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "networks.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("\n## ClassQueryDenseNet") : PAGE.index("\n## ClassQueryHead")]


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_stated_numbers_of_parameters():
    with torch.device("meta"):
        networks = {
            "`DenseNet121`": DenseNet121(2, 1, 14),
            "`ClassQueryDenseNet`": ClassQueryDenseNet(2, 1, 14),
            "`controller: mlp`": ClassQueryDenseNet(2, 1, 14, controller="mlp"),
            "`image_conditioned: true`": ClassQueryDenseNet(2, 1, 14, controller="mlp", image_conditioned=True),
        }
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in SECTION.splitlines() if " MB |" in line]
    stated = {name: number.split()[0] for name, number in rows}
    assert stated == {name: f"{count(network) / 1e6:.3f}" for name, network in networks.items()}
