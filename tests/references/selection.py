"""Slow, obvious scores, choices, covers, keep masks and rates; unknown labels and ineligible entries are NaN."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def entropy(p: float) -> float:
    return -sum(q * math.log(q) for q in (p, 1 - p) if q > 0)


def cross_entropy(p: float, label: float) -> float:
    return -math.log(p if label == 1 else 1 - p)


def moving_average(scores: Sequence[float], alpha: float) -> float:
    """The highest score counts alpha, the next alpha (1 - alpha), ..., the lowest what is left."""
    falling = sorted((score for score in scores if score == score), reverse=True)
    if not falling:
        return math.nan
    weights = [alpha * (1 - alpha) ** place for place in range(len(falling) - 1)]
    return sum(w * s for w, s in zip([*weights, 1 - sum(weights)], falling, strict=True))


def mean_of_highest(scores: Sequence[float], count: int) -> float:
    falling = sorted((score for score in scores if score == score), reverse=True)[:count]
    return sum(falling) / len(falling) if falling else math.nan


def best_entries(scores: Array, budget: int) -> list[tuple[int, int]]:
    entries = [(-score, row, finding) for (row, finding), score in np.ndenumerate(scores) if score == score]
    return [(row, finding) for _, row, finding in sorted(entries)[:budget]]


def turns(scores: Array, shares: Sequence[float], budget: int, *, once: bool) -> list[tuple[int, int]]:
    """At every turn look at all findings and all their free rows anew."""
    taken: list[tuple[int, int]] = []
    while len(taken) < budget:
        offers = []
        for finding, share in enumerate(shares):
            used = {row for row, other in taken if once or other == finding}
            free = [(-s, row) for row, s in enumerate(scores[:, finding]) if s == s and row not in used]
            if free and share > 0:
                had = sum(1 for _, other in taken if other == finding)
                negated, row = min(free)
                offers.append(((had + 1) / share, negated, finding, row))
        if not offers:
            break
        *_, finding, row = min(offers)
        taken.append((row, finding))
    return taken


def cover_radius(features: Array, centres: Sequence[int]) -> float:
    """Farthest that any row is from its nearest centre."""
    return max(min(float(np.linalg.norm(row - features[centre])) for centre in centres) for row in features)


def farthest_first(features: Array, read: Sequence[int], budget: int) -> list[int]:
    centres, chosen = list(read), []
    for _ in range(min(budget, len(features) - len(read))):
        free = [row for row in range(len(features)) if row not in centres]
        far = [min(float(np.linalg.norm(features[row] - features[c])) for c in centres) for row in free]
        chosen.append(free[int(np.argmax(far))])
        centres.append(chosen[-1])
    return chosen


def badge(probabilities: Array, labels: Array, features: Array, budget: int, seed: int) -> list[int]:
    """k-means++ on the last layer's gradients, (p - y) times features, of all findings side by side (BADGE)."""
    residuals = np.nan_to_num(probabilities - labels)
    gradients = (residuals[:, :, None] * features[:, None, :]).reshape(len(features), -1)
    rng = np.random.default_rng(seed)
    chosen = [int(np.argmax(np.linalg.norm(gradients, axis=1)))]
    nearest = np.full(len(features), np.inf)
    while len(chosen) < budget:
        nearest = np.minimum(nearest, ((gradients - gradients[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(rng.choice(len(nearest), p=nearest / nearest.sum())))
    return chosen


def kept(losses: Array, labels: Array, rates: Array, vog: Array | None, mix: float) -> NDArray[np.bool_]:
    """Sort every stratum; of equals the first row is kept."""
    keep = np.zeros(labels.shape, dtype=bool)
    for finding in range(labels.shape[1]):
        for label in (0, 1):
            rows = [row for row in range(len(labels)) if labels[row, finding] == label]
            count = math.ceil(round((1 - rates[label, finding]) * len(rows), 9))
            by_vog = 0 if vog is None else math.floor(round(mix * count, 9))
            by_loss = sorted(rows, key=lambda row: losses[row, finding])[: count - by_vog]
            keep[by_loss, finding] = True
            if vog is not None:
                rest = sorted((row for row in rows if row not in by_loss), key=lambda row: vog[row, finding])
                keep[rest[:by_vog], finding] = True
    return keep


def confident_joint(probabilities: Sequence[float], labels: Sequence[float]) -> list[list[int]]:
    pairs = list(zip(probabilities, labels, strict=True))
    thresholds = [
        float(np.mean([1 - p for p, label in pairs if label == 0])),
        float(np.mean([p for p, label in pairs if label == 1])),
    ]
    joint = [[0, 0], [0, 0]]
    for p, label in pairs:
        confident = [(q, j) for j, q in enumerate((1 - p, p)) if q >= thresholds[j] - 1e-6]
        if confident:
            highest = max(q for q, _ in confident)
            joint[int(label)][next(j for q, j in confident if q == highest)] += 1
    return joint


def noisy_finding(
    seed: int,
    prevalence: float,
    images: int = 20_000,
    missed: float = 0.3,
    false: float = 0.03,
    separation: float = 1.0,
) -> tuple[Array, Array, Array, list[float]]:
    """A calibrated model of noisy labels, 30 % of positives missed and 3 % of negatives called; with the true rates."""
    rng = np.random.default_rng(seed)
    truth = rng.random(images) < prevalence
    evidence = rng.normal(separation * truth)
    observed = np.where(truth, rng.random(images) >= missed, rng.random(images) < false)
    posterior = 1 / (1 + (1 - prevalence) / prevalence * np.exp(-separation * evidence + separation**2 / 2))
    p = posterior * (1 - missed) + (1 - posterior) * false  # what the noisy labels teach
    rates = [(truth[observed == label] != label).mean() for label in (0, 1)]
    losses = -np.log(np.where(observed, p, 1 - p))
    return p[:, None], observed[:, None].astype(float), losses[:, None], rates
