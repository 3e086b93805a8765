"""Two networks that see the same images and learn from each other's choice of labels."""

from torch import Tensor, nn

from ..errors import ConfigError


class TwinNetworks(nn.Module):
    """Two networks of one shape with weights of their own; in training both answer, in evaluation the first alone.

    For `lucency.losses.CoTeachingLoss`. In one module, so that a stock trainer, one optimiser, one checkpoint and
    DistributedDataParallel serve both.

    Han et al.: Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy Labels, NeurIPS 2018
    (arXiv:1804.06872).

    Tensors:
        image: as the networks take it.
        logits: (B, L) of the first network; in training, a list of those of both.

    Args:
        first: gives logits (B, L); what is validated, saved as `model.pt` and used from then on.
        second: the same, begun from other random weights: networks that agree from the start cannot correct each other.

    Raises:
        ConfigError: both are one object.

    Example:
        >>> import torch
        >>> twins = TwinNetworks(nn.Linear(4, 3), nn.Linear(4, 3))
        >>> [tuple(logits.shape) for logits in twins(torch.zeros(2, 4))]
        [(2, 3), (2, 3)]
        >>> twins.eval()(torch.zeros(2, 4)).shape
        torch.Size([2, 3])
    """

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        if first is second:
            raise ConfigError("TwinNetworks: first and second are one network; define each by itself")
        self.first = first
        self.second = second

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Logits of the first network, or in training the list of both networks' logits."""
        logits: Tensor = self.first(image)
        return [logits, self.second(image)] if self.training else logits
