"""Slow, obvious class queries of one image: vectors are lists of numbers, matrices lists of rows."""

import math
from collections.abc import Sequence

Vector = Sequence[float]
Matrix = Sequence[Vector]


def linear_logit(features: Vector, query: Vector, weight: Matrix) -> float:
    """Rows of `weight` make one number each: the weights of the features, and last the bias."""
    return answer(features, product(weight, query))


def mlp_logit(features: Vector, query: Vector, hidden: tuple[Matrix, Vector], out: tuple[Matrix, Vector]) -> float:
    """`hidden` and `out` are matrix and shift of the two layers."""
    return answer(features, plus(product(out[0], rectified(plus(product(hidden[0], query), hidden[1]))), out[1]))


def conditioned_logit(
    features: Vector,
    query: Vector,
    reduce: Matrix,
    image: Matrix,
    hidden: tuple[Matrix, Vector],
    out: tuple[Matrix, Vector],
    epsilon: float = 1e-5,
) -> float:
    """The hidden layer sees the query and the features brought to mean 0 and variance 1."""
    mean = sum(features) / len(features)
    variance = sum((value - mean) ** 2 for value in features) / len(features)
    normal = [(value - mean) / math.sqrt(variance + epsilon) for value in features]
    state = rectified(plus(plus(product(hidden[0], query), hidden[1]), product(image, normal)))
    return answer(product(reduce, features), plus(product(out[0], state), out[1]))


def answer(features: Vector, theta: Vector) -> float:
    """Weighted sum of the features, plus the last number."""
    return sum(value * weight for value, weight in zip(features, theta[:-1], strict=True)) + theta[-1]


def product(matrix: Matrix, vector: Vector) -> list[float]:
    return [sum(entry * value for entry, value in zip(row, vector, strict=True)) for row in matrix]


def plus(first: Vector, second: Vector) -> list[float]:
    return [a + b for a, b in zip(first, second, strict=True)]


def rectified(vector: Vector) -> list[float]:
    return [max(value, 0.0) for value in vector]


def parameters(features: int, findings: int, dim: int, kind: str, hidden: int = 64, reduced: int = 64) -> int:
    """Of a head of one group: queries and controller."""
    controller = {
        "linear": dim * (features + 1),
        "mlp": (dim + 1) * hidden + (hidden + 1) * (features + 1),
        "image": features * reduced + features * hidden + (dim + 1) * hidden + (hidden + 1) * (reduced + 1),
    }[kind]
    return findings * dim + controller
