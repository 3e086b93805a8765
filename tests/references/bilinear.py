"""Slow, obvious bilinear pooling of one image: maps are lists of channels, each a list of positions."""

import math
from collections.abc import Sequence

Map = Sequence[Sequence[float]]


def pooled(first: Map, second: Map) -> list[list[float]]:
    """Outer product of the two feature vectors at each position, averaged over positions."""
    positions = len(first[0])
    table = [[0.0] * len(second) for _ in first]
    for position in range(positions):
        for row in range(len(first)):
            for column in range(len(second)):
                table[row][column] += first[row][position] * second[column][position] / positions
    return table


def descriptor(table: Sequence[Sequence[float]], epsilon: float = 1e-5) -> list[float]:
    """Signed square roots, row after row, divided by their length."""
    roots = [value / math.sqrt(abs(value) + epsilon) for row in table for value in row]
    length = max(math.sqrt(sum(root * root for root in roots)), epsilon)
    return [root / length for root in roots]


def parameters(channels: int, findings: int, first: int = 128, second: int = 128, symmetric: bool = False) -> int:
    """Of a bilinear head: 1x1 convolutions without bias, scale and shift of the normalisations, the linear layer."""
    streams = [first] if symmetric else [first, second]
    reductions = sum(channels * width + 2 * width for width in streams)
    return reductions + first * second * findings + findings
