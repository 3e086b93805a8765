"""Variance of Gradients, slow and obvious: every gradient by autograd, every deviation written out."""

import math

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def cell_gradients(weight, bias, features, targets):
    """Gradient (N, C, D) of the loss of each single entry with respect to the finding's own [bias; weights]."""

    def loss(parameters, feature, target):
        return binary_cross_entropy_with_logits(parameters[0] + feature @ parameters[1:], target)

    parameters = torch.cat([bias[:, None], weight], dim=1)  # (C, D)
    of_image = torch.func.vmap(torch.func.grad(loss), in_dims=(0, None, 0))
    return torch.func.vmap(of_image, in_dims=(None, 0, 0))(parameters, features, targets)


def vog_of_gradients(gradients, form):
    """(N, C) of gradients (T, N, C, D)."""
    _, images, findings, numbers = gradients.shape
    result = np.empty((images, findings))
    for image in range(images):
        for finding in range(findings):
            spread = [_variance(gradients[:, image, finding, d].tolist()) for d in range(numbers)]
            result[image, finding] = sum(math.sqrt(v) if form == "exact" else v for v in spread) / numbers
    return result


def _variance(values):
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / len(values)


def snapshots_of_ranks(rank, images, folder):
    """What `GradientSnapshots` keeps of a network whose batch-norm statistics differ between ranks; see `ranks`."""
    from types import SimpleNamespace

    from monai.inferers import SimpleInferer
    from torch import nn
    from torch.nn.parallel import DistributedDataParallel

    from lucency.engines.gradient_snapshots import GradientSnapshots

    torch.manual_seed(0)
    features = images.shape[1]
    network = DistributedDataParallel(nn.Sequential(nn.Linear(features, 3), nn.BatchNorm1d(3), nn.Linear(3, 2)))
    network(images[rank::2])  # statistics of this rank's images
    state = SimpleNamespace(device=images.device, iteration=0)
    trainer = SimpleNamespace(network=network, inferer=SimpleInferer(), amp=False, amp_kwargs={}, state=state)
    data = [
        {"image": image, "label": torch.zeros(2), "index": place, "file": f"{place}.png"}
        for place, image in enumerate(images)
    ]
    options = {"findings": ["edema", "mass"], "transform": None, "batch_size": 2, "snapshots": 2}
    handler = GradientSnapshots(folder=folder, data=data, network=network, **options)
    for state.iteration in (1, 2):
        handler.take(trainer)
    return {"steps": handler.store.steps, "vog": torch.from_numpy(handler.store.vog())}
