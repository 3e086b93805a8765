"""Whether the backends agree, and whether two threads are worth two."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lucency.inference.backends import BOUNDS

from .classifiers import BACKENDS, Classifier
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


def scaling(files: Sequence[Path], pair: Sequence[Classifier], name: str, syntax: str, rounds: int) -> Row:
    """Wall time of the files, halves alike, on one thread and on two, each of which has a predictor of its own."""
    middle = len(files) // 2
    halves = (files[:middle], files[middle:])
    with ThreadPoolExecutor(2) as threads:
        contestants: dict[str, Callable[[], object]] = {
            "one": lambda: pair[0](files),
            "two": lambda: list(threads.map(lambda classify, some: classify(some), pair, halves)),
        }
        wall = interleaved(contestants, rounds, clock=time.perf_counter)
    ms = {name: 1000 * least / len(files) for name, least in wall.items()}
    what = f"two threads, {syntax}, {name}"
    return Row("4", what, "one thread of ours", ms["one"], ms["two"], SCALING, unit="wall-ms an image")
