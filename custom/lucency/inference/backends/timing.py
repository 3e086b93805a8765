"""Timing several ways of computing the same on a machine that others use too."""

import statistics
import time
from collections.abc import Hashable, Mapping
from typing import TypeVar

import torch
from torch import Tensor

from .runtime import Answer

Name = TypeVar("Name", bound=Hashable)


def time_answers(answers: Mapping[Name, Answer], images: Tensor, rounds: int) -> dict[Name, float]:
    """Median milliseconds an image.

    In every round each of them answers once, so that a busy neighbour slows all of them and not one.

    Args:
        answers: what to time.
        images: one batch, (B, 1, S, S).
        rounds: how often; two more go before to warm up.
    """
    taken: dict[Name, list[float]] = {name: [] for name in answers}
    with torch.inference_mode():
        for _ in range(rounds + 2):
            for name, answer in answers.items():
                started = time.perf_counter()
                answer(images)
                taken[name].append((time.perf_counter() - started) * 1000 / len(images))
    return {name: round(statistics.median(times[2:]), 3) for name, times in taken.items()}
