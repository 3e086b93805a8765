"""What heads on frozen features say of labels: out of sample, in sample, and over the epochs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..refine.keep import keep_masks
from ..refine.select.cross_entropy import cross_entropy
from ..refine.vog import variance_of_gradients
from .measures import probabilities
from .refinement_heads import FloatArray, HeadRecipe, Heads, train_heads

BoolArray = NDArray[np.bool_]
SNAPSHOTS = 5
"""Epochs over which gradients are compared, T of the paper's program."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Evidence about N images and C findings.

    Args:
        whole: the head that trained on all images.
        seen: (N, C) its probabilities of the images that it trained on.
        unseen: (R, N, C) probabilities by heads that did not see the image's patient, one set a partition.
        vog: (N, C) variance of gradients of `whole` over its last epochs.
    """

    whole: Heads
    seen: NDArray[np.float64]
    unseen: NDArray[np.float64]
    vog: NDArray[np.float64]


def gather_evidence(
    inputs: FloatArray,
    targets: FloatArray,
    labels: FloatArray,
    patients: NDArray[Any],
    recipe: HeadRecipe,
    *,
    seed: int,
    folds: int = 4,
    partitions: int = 1,
) -> Evidence:
    """Train one head on all images, and for each partition of the patients one on all folds but one.

    Args:
        inputs: (N, F).
        targets: (N, C) of 1, 0, NaN: what heads are trained on.
        labels: (N, C) of 1, 0, NaN: those that gradients are taken of; more may be known than are trained on.
        patients: (N,); all images of one are in one fold.
        recipe: of the heads.
        seed: of weights, order and folds.
        folds: of a partition.
        partitions: R, 0 or more.
    """
    people = np.unique(patients, return_inverse=True)[1]
    groups = [
        np.random.default_rng([seed, 1, p]).permutation(people.max() + 1)[people] % folds for p in range(partitions)
    ]
    held_out = [group == fold for group in groups for fold in range(folds)]
    whole = train_heads(inputs, targets[None], recipe, seeds=[[seed, 2, 0]], snapshots=SNAPSHOTS)
    unseen = np.empty((partitions, *labels.shape))
    if held_out:  # apart from the whole, which has more rows and so more steps
        own = np.stack([np.where(out[:, None], np.float32(np.nan), targets) for out in held_out])
        judges = train_heads(inputs, own, recipe, seeds=[[seed, 2, 1 + number] for number in range(len(own))])
        last = probabilities(judges.seen[-1])
        for number, out in enumerate(held_out):
            unseen[number // folds, out] = last[number, out]
    seen = [logits[0] for logits in whole.seen]
    return Evidence(whole, probabilities(seen[-1]), unseen, _vog(seen, labels, inputs))


def co_teaching(
    inputs: FloatArray,
    labels: FloatArray,
    rates: NDArray[np.float64],
    recipe: HeadRecipe,
    *,
    seed: int,
    stratified: bool = True,
    mix: float = 0.2,
    warm_up: float = 0.2,
) -> BoolArray:
    """Two heads that choose each other's labels; see `lucency.refine.keep.keep_masks`.

    The forgotten share grows linearly over the warm-up; low variance of gradients counts from epoch T + 1 on.

    Args:
        inputs: (N, F).
        labels: (N, C) of 1, 0, NaN.
        rates: (2, C) shares to forget, row 0 of observed negatives.
        recipe: of the heads.
        seed: of weights and order.
        stratified: see `keep_masks`.
        mix: see `keep_masks`.
        warm_up: share of the epochs.

    Returns:
        (2, N, C): which labels each head keeps at the end.
    """

    def masks(epoch: int, seen: list[FloatArray]) -> BoolArray:
        now = rates * min(1.0, epoch / max(warm_up * recipe.epochs, 1))
        kept = []
        for head in (0, 1):
            losses = cross_entropy(probabilities(seen[-1][head]), labels.astype(np.float64))
            vog = _vog([logits[head] for logits in seen], labels, inputs) if mix and epoch > SNAPSHOTS else None
            kept.append(keep_masks(losses, labels, now, vog=vog, mix=mix, stratified=stratified))
        return np.stack(kept)

    def exchanged(epoch: int, seen: list[FloatArray]) -> FloatArray:
        return np.where(masks(epoch, seen)[::-1], labels, np.float32(np.nan))

    heads = train_heads(
        inputs,
        np.stack([labels, labels]),
        recipe,
        seeds=[[seed, 3, 0], [seed, 3, 1]],
        snapshots=SNAPSHOTS,
        forget=exchanged,
    )
    return masks(recipe.epochs, heads.seen)


def _vog(seen: list[FloatArray], labels: FloatArray, inputs: FloatArray) -> NDArray[np.float64]:
    """Variance of gradients; of features that stand still it needs no more than their length."""
    if len(seen) < 2:
        return np.full(labels.shape, np.nan)
    residuals = probabilities(np.stack(seen)) - labels
    length = np.linalg.norm(inputs, axis=1).astype(np.float64)
    features = np.broadcast_to(length[:, None], (len(seen), len(inputs), 1))
    return np.asarray(variance_of_gradients(residuals, features) * 2 / (inputs.shape[1] + 1), dtype=np.float64)
