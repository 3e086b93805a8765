"""One training step of DenseNet121 in several precisions and memory formats."""

import torch
from monai.networks.nets import DenseNet121

from lucency.engines import AutocastInferer
from lucency.losses import MaskedBCELoss


class Step:
    """Forward, backward and AdamW on random images.

    Args:
        batch: images.
        size: pixels a side.
        bfloat16: whether the forward pass computes in it.
        channels_last: whether convolutions find the channels of a pixel side by side.
        fused: whether the optimiser updates all parameters in one pass.
    """

    def __init__(self, batch: int, size: int, *, bfloat16: bool, channels_last: bool, fused: bool) -> None:
        torch.manual_seed(0)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.network = DenseNet121(2, 1, 14).to(memory_format=layout).train()
        self.images = torch.rand(batch, 1, size, size)
        self.targets = torch.randint(0, 2, (batch, 14)).float()
        self.inferer, self.loss = AutocastInferer(enabled=bfloat16), MaskedBCELoss()
        self.optimizer = torch.optim.AdamW(self.network.parameters(), fused=fused)

    def __call__(self) -> None:
        """Take one step."""
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.inferer(self.images, self.network), self.targets).backward()
        self.optimizer.step()
