"""The network that is measured: DenseNet121 as the bundles make it, with random weights."""

import torch
from monai.networks.nets import DenseNet121

FINDINGS = 14
TINY = {"init_features": 8, "growth_rate": 4, "block_config": (1, 1, 1, 1)}


def densenet121(tiny: bool = False) -> DenseNet121:
    """A network of one channel and 14 findings; the same weights each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return DenseNet121(2, 1, FINDINGS, **(TINY if tiny else {}))
