"""Contrast of label-level features, anchor by anchor and pair by pair."""
# ruff: noqa: N803  G, L, u as in the formulas

import math

Feature = list[float]
Held = tuple[Feature, int, int]  # feature, finding, training image


def dot(a: Feature, b: Feature) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def guidance(G: list[list[float]]) -> list[list[float]]:
    size = range(len(G))
    off = [[0.0 if c == d else (G[c][d] + G[d][c]) / 2 for d in size] for c in size]
    largest = max(max(row) for row in off)
    return [[cell / largest if largest > 0 else 0.0 for cell in row] for row in off]


def contrast(
    u: list[list[Feature]],
    targets: list[list[float | None]],
    G: list[list[float]] | None = None,
    *,
    mode: str = "guided",
    temperature: float = 0.2,
    rho: float = 0.5,
    held: list[Held] = [],  # noqa: B006  read only
    index: list[int] | None = None,
) -> float:
    """The loss; `held` is what the queue holds, `index` says which training images the rows are."""
    places = range(len(G)) if G is not None else range(len(targets[0]))
    bar = [[0.0 for _ in places] for _ in places] if mode == "plain" else guidance(G)
    anchors = [(i, c) for i, labels in enumerate(targets) for c, y in enumerate(labels) if y == 1]
    total = 0.0
    for i, c in anchors:
        attraction, logits, weights = [], [], []
        others = [(u[j][d], d, j == i) for j, d in anchors if (j, d) != (i, c)]
        others += [(feature, d, False) for feature, d, image in held if image != index[i]]
        for feature, d, same_image in others:
            soft = rho * bar[c][d] if mode == "soft_pos" else 0.0
            attraction.append(0.0 if same_image else 1.0 if d == c else soft)
            weights.append(1 - rho * bar[c][d] if mode == "guided" and d != c else 1.0)
            logits.append(dot(u[i][c], feature) / temperature)
        mass = sum(attraction)
        if mass > 0:
            normaliser = sum(w * math.exp(s) for w, s in zip(weights, logits, strict=True))
            shares = (v * math.log(math.exp(s) / normaliser) for v, s in zip(attraction, logits, strict=True) if v > 0)
            total -= sum(shares) / max(1.0, mass)
    return total / len(anchors) if anchors else 0.0


def mulcon(features: list[Feature], findings: list[int], images: list[int], temperature: float) -> float:
    """Supervised contrast as MulCon has it, of positive label-level features alone."""
    total = 0.0
    everyone = range(len(features))
    for a in everyone:
        similar = {k: math.exp(dot(features[a], features[k]) / temperature) for k in everyone if k != a}
        partners = [k for k in similar if findings[k] == findings[a] and images[k] != images[a]]
        if partners:
            total += sum(-math.log(similar[k] / sum(similar.values())) for k in partners) / len(partners)
    return total / len(features)
