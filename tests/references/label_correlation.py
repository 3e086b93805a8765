"""Slow, obvious label correlations of one image: vectors are lists of numbers, matrices lists of rows."""

import math
from collections.abc import Mapping, Sequence

Vector = Sequence[float]
Matrix = Sequence[Vector]


def label_correlations(x: Matrix, p: Mapping[str, Matrix], global_correlation: bool = True) -> dict[str, Matrix]:
    """All of the head for the places `x` (S, D); `p` holds its weights by their letters, each applied as W v.

    Vectors (`b`, biases, shifts) come as a matrix of one row.
    """
    d = len(p["E"][0])
    T = [plus(product(p["W_t"], x_s), p["bias_t"][0]) for x_s in x]
    labels = range(len(p["E"]))
    found: dict[str, Matrix] = {}
    E = p["E"]
    if global_correlation:
        G = found["G"] = correlation(each(p["W_q^g"], E), each(p["W_k^g"], E), d)
        passed_on = [mixed(row, each(p["W_v^g"], E)) for row in G]
        E = [plus(E[c], passed_on[c]) for c in labels]
    E = [normal(e, p["scale_E"][0], p["shift_E"][0]) for e in E]
    A = found["A"] = correlation(each(p["W_q"], E), each(p["W_k"], T), d)
    F = [normal(mixed(row, each(p["W_v"], T)), p["scale_F"][0], p["shift_F"][0]) for row in A]
    propagated = F
    if global_correlation:
        found["L"] = correlation(each(p["U_q"], F), each(p["U_k"], F), d)
        propagated = [plus(F[c], rectified(mixed(found["G"][c], each(p["W_g"], F)))) for c in labels]
    hidden = [rectified(plus(product(p["M_1"], f), p["m_1"][0])) for f in F]
    u = [plus(product(p["M_2"], h), p["m_2"][0]) for h in hidden]
    found["u"] = [[value / math.sqrt(dot(vector, vector)) for value in vector] for vector in u]
    found["z"] = [[dot(p["w"][c], propagated[c]) + p["b"][0][c] for c in labels]]
    return found


def correlation(queries: Matrix, keys: Matrix, d: int) -> Matrix:
    """Softmax of products over the root of d, row by row."""
    rows = []
    for query in queries:
        weights = [math.exp(dot(query, key) / math.sqrt(d)) for key in keys]
        rows.append([weight / sum(weights) for weight in weights])
    return rows


def normal(vector: Vector, scale: Vector, shift: Vector, epsilon: float = 1e-5) -> list[float]:
    """Mean 0 and variance 1, then scaled and shifted: layer normalisation."""
    mean = sum(vector) / len(vector)
    variance = sum((value - mean) ** 2 for value in vector) / len(vector)
    return [
        (value - mean) / math.sqrt(variance + epsilon) * a + b for value, a, b in zip(vector, scale, shift, strict=True)
    ]


def each(matrix: Matrix, vectors: Matrix) -> list[list[float]]:
    return [product(matrix, vector) for vector in vectors]


def mixed(shares: Vector, vectors: Matrix) -> list[float]:
    return [
        sum(share * vector[i] for share, vector in zip(shares, vectors, strict=True)) for i in range(len(vectors[0]))
    ]


def product(matrix: Matrix, vector: Vector) -> list[float]:
    return [dot(row, vector) for row in matrix]


def dot(first: Vector, second: Vector) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def plus(first: Vector, second: Vector) -> list[float]:
    return [a + b for a, b in zip(first, second, strict=True)]


def rectified(vector: Vector) -> list[float]:
    return [max(value, 0.0) for value in vector]


def parameters(channels: int, findings: int, dim: int, projection: int) -> int:
    """Of a whole head: tokens, E, W^g and U, W, two normalisations, projector, classifier."""
    tokens = (channels + 1) * dim
    attention = (4 + 2 + 3) * dim * dim
    projector = (dim + 1) * dim + (dim + 1) * projection
    return tokens + findings * dim + attention + 2 * 2 * dim + projector + findings * (dim + 1)
