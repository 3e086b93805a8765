"""Linear heads on frozen features, many at once: the same network on other labels, folds or draws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import ConfigError
from ..losses import MaskedBCELoss

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class HeadRecipe:
    """How heads are trained.

    Args:
        epochs: all of them; none is chosen by validation.
        batch_size: images.
        learning_rate: of AdamW.
        weight_decay: of the weights, not the bias.

    Raises:
        ConfigError: a value makes no sense.
    """

    epochs: int = 15
    batch_size: int = 64
    learning_rate: float = 0.003
    weight_decay: float = 0.1

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1 or self.learning_rate <= 0 or self.weight_decay < 0:
            raise ConfigError(f"head: {self} makes no sense; epochs, batch_size and learning_rate are above 0")


@dataclass(frozen=True, eq=False)
class Heads:
    """M trained heads.

    Args:
        weights: (M, F, C).
        bias: (M, 1, C).
        seen: their logits (M, N, C) on the training images after each of the last epochs.
    """

    weights: Tensor
    bias: Tensor
    seen: list[FloatArray]

    def logits(self, inputs: FloatArray) -> FloatArray:
        """Logits (M, K, C) of other images (K, F)."""
        return _logits(self.weights, self.bias, torch.from_numpy(inputs))


def train_heads(
    inputs: FloatArray,
    targets: FloatArray,
    recipe: HeadRecipe,
    *,
    seeds: Sequence[Sequence[int]],
    snapshots: int = 1,
    forget: Callable[[int, list[FloatArray]], FloatArray] | None = None,
) -> Heads:
    """Train M heads side by side with masked cross entropy.

    Head m begins and shuffles by `seeds[m]` alone. Rows without a label are not shown to it. Where heads have different
    numbers of rows, an epoch has as many steps as the one with the fewest allows.

    Args:
        inputs: (N, F).
        targets: (M, N, C) of 1, 0, NaN.
        recipe: see there.
        seeds: M of them, each of one number or more.
        snapshots: of how many last epochs logits are kept.
        forget: given the number of an epoch that ended, from 1, and the logits of the last ones, the targets
            (M, N, C) of the next.

    Raises:
        ConfigError: a head has no label to learn from.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # steps are so small that threads wait for each other, and sums would depend on them
    try:
        return _train(inputs, targets, recipe, seeds, snapshots, forget)
    finally:
        torch.set_num_threads(threads)


def _train(
    inputs: FloatArray,
    targets: FloatArray,
    recipe: HeadRecipe,
    seeds: Sequence[Sequence[int]],
    snapshots: int,
    forget: Callable[[int, list[FloatArray]], FloatArray] | None,
) -> Heads:
    generators = [np.random.default_rng(seed) for seed in seeds]
    x, (size, findings) = torch.from_numpy(inputs), (inputs.shape[1], targets.shape[2])
    drawn = np.stack([g.normal(scale=size**-0.5, size=(size, findings)) for g in generators]).astype(np.float32)
    weights = torch.from_numpy(drawn).requires_grad_()
    bias = torch.from_numpy(_log_odds(targets)).requires_grad_()
    groups: list[dict[str, Any]] = [{"params": [weights]}, {"params": [bias], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    loss = MaskedBCELoss(check_inputs=False)
    seen: list[FloatArray] = []
    for epoch in range(1, recipe.epochs + 1):
        rows = [np.flatnonzero(~np.isnan(own).all(axis=1)) for own in targets]
        least = min(map(len, rows))
        if least == 0:
            raise ConfigError("a head has no label to learn from; read more images, or drop fewer labels")
        batch = min(recipe.batch_size, least)
        order = np.stack(
            [g.permutation(own)[: least // batch * batch] for g, own in zip(generators, rows, strict=True)]
        )
        y = torch.from_numpy(targets)
        for places in torch.split(torch.from_numpy(order), batch, dim=1):
            chosen = torch.take_along_dim(y, places[:, :, None], dim=1)
            logits = torch.baddbmm(bias, x[places], weights)
            optimizer.zero_grad()
            loss(logits.reshape(-1, findings), chosen.reshape(-1, findings)).backward()
            optimizer.step()
        if forget is not None or epoch > recipe.epochs - snapshots:
            seen = [*seen, _logits(weights, bias, x)][-max(snapshots, 1) :]
        if forget is not None and epoch < recipe.epochs:
            targets = forget(epoch, seen)
    return Heads(weights.detach(), bias.detach(), seen)


def _logits(weights: Tensor, bias: Tensor, inputs: Tensor) -> FloatArray:
    with torch.no_grad():
        result: FloatArray = torch.baddbmm(bias, inputs.expand(len(weights), -1, -1), weights).numpy()
    return result


def _log_odds(targets: FloatArray) -> FloatArray:
    """Logits (M, 1, C) of the observed prevalence, where a head that has learnt nothing should be."""
    positive, negative = ((targets == label).sum(axis=1, keepdims=True) + 1 for label in (1, 0))
    odds: FloatArray = np.log(positive / negative).astype(np.float32)
    return odds
