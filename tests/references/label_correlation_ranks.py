"""A small network that gives label correlations, trained on several ranks."""

import copy

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from lucency.losses import LabelCorrelations, begin_batch, begin_epoch


class SmallNetwork(nn.Module):
    """Every output of a label-correlation network, of parameters of its own."""

    def __init__(self, inputs: int, findings: int, projection: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.findings = findings
        self.z = nn.Linear(inputs, findings)
        self.G = nn.Parameter(torch.randn(findings, findings))
        self.L = nn.Linear(inputs, findings * findings)
        self.u = nn.Linear(inputs, findings * projection)

    def forward(self, images: Tensor) -> LabelCorrelations:
        L = self.L(images).unflatten(1, (self.findings, self.findings)).softmax(-1)
        u = nn.functional.normalize(self.u(images).unflatten(1, (self.findings, -1)), dim=-1)
        return LabelCorrelations(self.z(images), self.G.softmax(-1), L, u)


def steps(network: nn.Module, loss: nn.Module, images: Tensor, targets: Tensor, batches: list[Tensor]) -> dict:
    """Value and gradients of every batch in turn, and what the loss keeps in the end."""
    begin_epoch(loss, 2, 4)
    result = {}
    for number, index in enumerate(batches):
        begin_batch(loss, index)
        network.zero_grad()
        value = loss(network(images[index]), targets[index])
        value.backward()
        result[f"{number} value"] = value.detach()
        result |= {f"{number} {name.removeprefix('module.')}": p.grad.clone() for name, p in network.named_parameters()}
    return result | loss.state_dict()


def steps_of_share(
    rank: int, losses: dict[str, nn.Module], images: Tensor, targets: Tensor, shares: list[list[Tensor]], size: tuple
) -> dict[str, dict[str, Tensor]]:
    """`steps` with each loss on this rank's share of every batch."""
    own = [share[rank] for share in shares]
    return {
        name: steps(DistributedDataParallel(SmallNetwork(*size).double()), copy.deepcopy(loss), images, targets, own)
        for name, loss in losses.items()
    }


def value_on_one_rank_alone(rank: int, loss: nn.Module, output: list[Tensor], targets: Tensor) -> float:
    """Validation on rank 0 only: must return although the other rank never calls the loss."""
    return loss(LabelCorrelations(*output), targets).item() if rank == 0 else 0.0
