"""How label embeddings begin."""

from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .query_vectors import Vectors, given_queries


def initial_embeddings(init: str | Path | Vectors, findings: int, dim: int) -> Tensor:
    r"""Label embeddings $E$ that training begins with.

    `normal` draws each number from $N(0, 0.02^2)$. Anything else is the vectors themselves, such as text embeddings of
    the findings' names, in the order of the findings, or the path of a `.npy` file of them. Each is brought to length
    1: only directions count, for the head normalises what it makes of $E$. Vectors of another width than `dim` are
    turned into that many dimensions, at random but so that all angles between them stay: the layers that read $E$ are
    learnt, so nothing else of them counts. If they span more than `dim` dimensions, the directions in which they vary
    most are kept, and angles only nearly.

    Args:
        init: `normal`, vectors (C, any width), or the path of a `.npy` file.
        findings: C.
        dim: d.

    Returns:
        $E$ (C, d) float32.

    Raises:
        ConfigError: vectors that are unreadable, not finite, zero, or not one a finding.

    Example:
        >>> E = initial_embeddings([[3.0, 0.0], [1.0, 1.0]], 2, 256)
        >>> E.shape
        torch.Size([2, 256])
        >>> E @ E.T
        tensor([[1.0000, 0.7071],
                [0.7071, 1.0000]])
    """
    if isinstance(init, str) and init == "normal":  # an array would be compared number by number
        return 0.02 * torch.randn(findings, dim)
    if isinstance(init, str) and not init.endswith(".npy"):
        raise ConfigError(f"label embeddings: {init} is no .npy file; give normal, vectors, or the path of one")
    vectors = given_queries(init, findings)
    if vectors.shape[1] == dim:
        return vectors
    axes, extents, _ = torch.linalg.svd(vectors, full_matrices=False)
    coordinates = (axes * extents)[:, :dim]
    turned: Tensor = coordinates @ nn.init.orthogonal_(torch.empty(coordinates.shape[1], dim))
    return turned
