"""Whether the backends agree, and whether two threads, or two processes, are worth two."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch

from lucency.inference.backends import BOUNDS

from .classifiers import BACKENDS, Classifier, ours, predictor
from .measure import interleaved
from .rows import Row

SCALING = 1.7


def agreement(files: Sequence[Path], classifiers: Mapping[str, Classifier]) -> list[Row]:
    """How far the probabilities of each backend lie from PyTorch's."""
    first, *others = BACKENDS
    expected = classifiers[first](files)
    gaps = {name: float((classifiers[name](files) - expected).abs().max()) for name in others}
    what, unit = "largest difference from torch", "of probability"
    return [Row("4", f"{what}, {n}", ours_ms=g, at_most=BOUNDS[BACKENDS[n][1]], unit=unit) for n, g in gaps.items()]


def scaling(files: Sequence[Path], name: str, weights: Path, work: Path, syntax: str, rounds: int) -> list[Row]:
    """Wall time of the files on one thread, on two threads, and in two processes as the node's workers are.

    Each has a predictor of its own, and every half of the files is alike.
    """
    given = (name, weights, work)
    middle = len(files) // 2
    halves = (files[:middle], files[middle:])
    mine = [ours(predictor(*given)) for _ in halves]

    def in_two(executor: Executor, answer: Callable[[int, Sequence[Path]], object]) -> Callable[[], object]:
        return lambda: list(executor.map(answer, range(len(halves)), halves))

    with (
        ThreadPoolExecutor(len(halves)) as threads,
        ProcessPoolExecutor(len(halves), get_context("spawn"), _start, given) as processes,
    ):
        contestants: dict[str, Callable[[], object]] = {
            "one": lambda: mine[0](files),
            "two threads": in_two(threads, lambda place, some: mine[place](some)),
            "two processes": in_two(processes, _answer),
        }
        wall = interleaved(contestants, rounds, clock=time.perf_counter)
    ms = {way: 1000 * least / len(files) for way, least in wall.items()}
    return [
        Row("4", f"{way}, {syntax}, {name}", "one thread of ours", ms["one"], ms[way], SCALING, unit="wall-ms an image")
        for way in ("two threads", "two processes")
    ]


_here: list[Classifier] = []  # in a process of its own


def _start(name: str, weights: Path, work: Path) -> None:
    torch.set_num_threads(1)
    _here.append(ours(predictor(name, weights, work)))


def _answer(place: int, files: Sequence[Path]) -> None:
    _here[0](files)
