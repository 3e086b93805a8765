"""Weights that are the same everywhere without being shipped."""

import math

import numpy as np
import torch
from torch import Tensor, nn


def seeded_state(network: nn.Module, seed: int = 0) -> dict[str, Tensor]:
    r"""Draw a ``state_dict`` for a network: untrained, but as sensitive to its input as a trained one.

    Every tensor has a stream of its own, NumPy's PCG64 seeded with `seed` and the tensor's name, so a further layer
    changes no other. Values are uniform: weights in $\pm\sqrt{6 / n}$ with $n$ inputs of an output, which keeps the
    variance through layers with ReLU (He et al., ICCV 2015, arXiv:1502.01852); scales and running variances of
    normalisation in [0.5, 1.5]; biases and running means in [-0.2, 0.2]; counters 0. Class queries and the classifiers
    of label-level features have a length of about 1, and a linear controller makes weights of queries as a layer of its
    own would have them. Label embeddings have numbers of variance 1, or all labels would attend to each other alike.

    Args:
        network: gives names and shapes; it is not changed.
        seed: 0 or more.

    Example:
        >>> layer = nn.Linear(3, 2)
        >>> first, second = seeded_state(layer, 0), seeded_state(layer, 0)
        >>> all(torch.equal(first[name], second[name]) for name in layer.state_dict())
        True
    """
    return {name: _draw(name, tensor, seed) for name, tensor in network.state_dict().items()}


def _draw(name: str, tensor: Tensor, seed: int) -> Tensor:
    if not tensor.is_floating_point():
        return torch.zeros_like(tensor)
    if tensor.ndim > 1:
        inputs = tensor[0].numel()
        if name.endswith(("queries", ".w")):
            inputs *= 2
        elif name.endswith("controller.weight"):
            inputs = len(tensor)  # its outputs are the weights of as many features
        elif name.endswith(".E"):
            inputs = 2
        high = math.sqrt(6 / inputs)
        low = -high
    elif name.endswith(("bias", ".b", "running_mean")):
        low, high = -0.2, 0.2
    else:
        low, high = 0.5, 1.5
    values = np.random.default_rng([seed, *name.encode()]).uniform(low, high, tuple(tensor.shape))
    return torch.from_numpy(values).to(tensor.dtype)
