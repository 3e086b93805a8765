"""What docs/reference/networks.md states about the cost of label correlations is what the code does."""

import re
from pathlib import Path

import torch
from monai.networks.nets import DenseNet121

from lucency.networks import LabelCorrelationDenseNet

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "networks.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("\n## LabelCorrelationDenseNet") : PAGE.index("\n## LabelCorrelationNet")]


def test_stated_numbers_of_parameters():
    with torch.device("meta"):
        networks = {
            "DenseNet121": DenseNet121(2, 1, 14),
            "LabelCorrelationDenseNet": LabelCorrelationDenseNet(2, 1, 14),
        }
    counts = {name: sum(p.numel() for p in network.parameters()) for name, network in networks.items()}
    stated = dict(re.findall(r"^\| .*`(\w+)` \| ([\d.]+)", SECTION, flags=re.MULTILINE))
    assert stated == {name: f"{count / 1e6:.3f}" for name, count in counts.items()}
