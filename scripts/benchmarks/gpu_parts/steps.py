"""Training steps that are compared: forward, loss, backward and optimiser on one batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lucency.losses import MaskedBCELoss

from .device import Device

Step = Callable[[Tensor, Tensor], None]

STOCK = "MONAI's default"


@dataclass(frozen=True)
class Recipe:
    """What a training step is made with.

    Attributes:
        bfloat16: autocast, channels-last memory and a fused optimiser; without it, float32 as it comes.
        mode: of `torch.compile`; None leaves the network as it is.
    """

    bfloat16: bool
    mode: str | None = None

    def step(self, network: Callable[[], nn.Module], device: Device) -> Step:
        """Make a network and the function that trains it."""
        module = network().to(device.torch).train()
        if self.bfloat16:
            module = module.to(memory_format=torch.channels_last)
        optimizer = torch.optim.AdamW(module.parameters(), lr=1e-4, fused=self.bfloat16 or None)
        loss = MaskedBCELoss(check_inputs=False)  # whose answer the processor would wait for
        forward = module
        if self.mode:
            compiler = {"backend": "eager"} if device.quick else {"mode": self.mode}
            forward = torch.compile(module, dynamic=False, **compiler)

        def step(images: Tensor, targets: Tensor) -> None:
            if self.bfloat16:
                images = images.to(memory_format=torch.channels_last)
            torch.compiler.cudagraph_mark_step_begin()
            with torch.autocast(device.torch.type, dtype=torch.bfloat16, enabled=self.bfloat16):
                logits = forward(images)
            loss(logits, targets).backward()
            optimizer.step()
            optimizer.zero_grad()

        return step


RECIPES: Mapping[str, Recipe] = {
    STOCK: Recipe(bfloat16=False),
    "bfloat16": Recipe(bfloat16=True),
    "bfloat16, compile": Recipe(bfloat16=True, mode="default"),
    "bfloat16, compile, CUDA graph": Recipe(bfloat16=True, mode="reduce-overhead"),
}
FASTEST = "bfloat16, compile"
"""What a feed has to keep up with."""
