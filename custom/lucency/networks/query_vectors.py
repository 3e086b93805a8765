"""What a head asks the image: one vector a finding."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ConfigError

Vectors = Sequence[Sequence[float]] | np.ndarray[Any, Any] | Tensor
"""Vectors that are given: rows are findings."""


def initial_queries(init: str | Path | Vectors, findings: int, query_dim: int | None = None) -> Tensor:
    r"""Queries $Q$ that training begins with, or that are given, all about of length 1.

    `onehot` gives finding $l$ the $l$-th unit vector; `normal` draws each number from $N(0, 1/D)$. Anything else is the
    vectors themselves, such as text embeddings of the findings' names, in the order of the findings, or the path of a
    `.npy` file of them. Only their directions count: each is brought to length 1, or a step of the optimiser would
    change the weights of a finding the more, the longer its vector is.

    Args:
        init: `onehot`, `normal`, vectors (L, D), or the path of a `.npy` file.
        findings: L.
        query_dim: D; by default L, or as wide as the vectors.

    Returns:
        $Q$ (L, D) float32.

    Raises:
        ConfigError: fewer dimensions than one-hot needs; vectors that are unreadable, not finite, zero, or of another
            shape.

    Example:
        >>> initial_queries("onehot", 2, 3)
        tensor([[1., 0., 0.],
                [0., 1., 0.]])
        >>> initial_queries([[3.0, 4.0]], 1)
        tensor([[0.6000, 0.8000]])
    """
    kind = init if isinstance(init, str) else None  # an array would be compared number by number
    if kind == "onehot":
        if query_dim is not None and query_dim < findings:
            raise ConfigError(
                f"class queries: query_dim is {query_dim}, but {findings} one-hot queries need {findings}; "
                "leave query_dim out, or give init: normal"
            )
        return torch.eye(findings, query_dim or findings)
    if kind == "normal":
        dimensions = query_dim or findings
        return torch.randn(findings, dimensions) / math.sqrt(dimensions)
    return given_queries(init, findings, query_dim)


def given_queries(vectors: str | Path | Vectors, findings: int, query_dim: int | None = None) -> Tensor:
    """Check vectors (L, D), or read them from a `.npy` file; arguments and errors as for `initial_queries`."""
    is_path = isinstance(vectors, str | Path)
    name = str(vectors) if is_path else "the given vectors"
    content = _read(Path(name)) if is_path else vectors
    try:
        queries = torch.as_tensor(content, dtype=torch.float32).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"findings' vectors: {name} are no numbers (L, D): {error}; give a vector a finding"
        ) from error
    wanted = (findings, query_dim or (queries.shape[1] if queries.ndim == 2 else 1))
    if tuple(queries.shape) != wanted or not queries.numel():
        raise ConfigError(
            f"findings' vectors: {name} have the shape {tuple(queries.shape)} instead of "
            f"({wanted[0]}, {query_dim or 'D'}); give one vector for each of the {findings} findings"
        )
    lengths: Tensor = queries.norm(dim=1, keepdim=True)
    if not (torch.isfinite(lengths) & (lengths > 0)).all():
        raise ConfigError(
            f"findings' vectors: {name} hold one that is zero or not finite; give each finding a direction"
        )
    return queries / lengths


def _read(path: Path) -> np.ndarray[Any, Any]:
    if path.suffix != ".npy":
        raise ConfigError(
            f"findings' vectors: {path} is no .npy file; give onehot, normal, vectors, or the path of one"
        )
    try:
        array: np.ndarray[Any, Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ConfigError(f"{path}: holds no readable queries ({error}); save them with numpy.save") from error
    return array
