"""Features of former batches, kept for each finding by itself."""

import torch
from torch import Tensor, nn

from ..errors import ConfigError


class FeatureQueue(nn.Module):
    """The latest positive features of every finding, as many of a rare finding as of a frequent one.

    A ring for each finding, of the same length, so that frequent findings do not push rare ones out. What it holds is
    in `state_dict`; an empty place is empty, no feature of zeros. An addition of this package's.

    Args:
        size: places in all, shared out evenly among the findings, rounded down.
        findings: C.
        projection: P, numbers in a feature.

    Raises:
        ConfigError: one of them is no whole number above 0, or there is less than one place a finding.

    Example:
        >>> queue = FeatureQueue(4, findings=2, projection=1)
        >>> queue.push(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([0, 0, 0]), torch.tensor([7, 8, 9]))
        >>> queue.held()
        (tensor([[3.],
                [2.]]), tensor([0, 0]), tensor([9, 8]))
    """

    features: Tensor
    images: Tensor
    pushed: Tensor

    def __init__(self, size: int, findings: int, projection: int) -> None:
        super().__init__()
        for argument, number in (("queue_size", size), ("findings", findings), ("projection", projection)):
            if type(number) is not int or number < 1:
                raise ConfigError(f"FeatureQueue: {argument} is {number!r}; give a whole number from 1")
        if size < findings:
            raise ConfigError(
                f"FeatureQueue: queue_size {size} is less than one place for each of {findings} findings; raise it"
            )
        places = size // findings
        self.register_buffer("features", torch.zeros(findings, places, projection))
        self.register_buffer("images", torch.full((findings, places), -1))
        self.register_buffer("pushed", torch.zeros(findings, dtype=torch.int64))

    def held(self) -> tuple[Tensor, Tensor, Tensor]:
        """Features (Q, P), which finding (Q,) and which training image (Q,) each is of; Q is 0 in the beginning."""
        finding, place = torch.nonzero(self.images >= 0, as_tuple=True)
        return self.features[finding, place], finding, self.images[finding, place]

    def check(self, u: Tensor) -> None:
        """Raise ConfigError if features (B, C, P) are not of the findings and the length that the queue is made for."""
        findings, _, projection = self.features.shape
        if u.shape[1:] != (findings, projection):
            raise ConfigError(
                f"FeatureQueue: findings is {findings} and projection {projection}, but the network gives "
                f"{u.shape[1]} findings features of {u.shape[2]} numbers; set both as in network_def"
            )

    @torch.no_grad()
    def push(self, features: Tensor, finding: Tensor, image: Tensor) -> None:
        """Take in features (M, P) of findings (M,) of training images (M,); the oldest of the same finding leave."""
        rings, places, _ = self.features.shape
        one_hot = finding[:, None] == torch.arange(rings, device=finding.device)
        order = (one_hot.cumsum(dim=0) * one_hot).sum(dim=1) - 1  # place of each among those of its finding
        counts = one_hot.sum(dim=0)
        stays = order >= counts[finding] - places  # of one finding no more than there are places, or two would meet
        finding, order = finding[stays], order[stays]
        place = (self.pushed[finding] + order) % places
        self.features[finding, place] = features[stays].to(self.features)
        self.images[finding, place] = image[stays]
        self.pushed += counts

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        findings, places, projection = self.features.shape
        return f"findings={findings}, places={places}, projection={projection}"
