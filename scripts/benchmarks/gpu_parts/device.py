"""The device that is measured: which it is, how fast it copies, how long work takes on it."""

import gc
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from bench_parts.measure import interleaved
from torch import Tensor

from lucency.errors import ConfigError

Work = Callable[[], object]

_LEAST_S = 0.2
"""A figure is taken over at least so many seconds, so that the clock and the first launch do not count."""
_COPIED = 1 << 30
"""Bytes; no cache holds them."""


@dataclass(frozen=True)
class Device:
    """Where work runs, and how carefully it is measured.

    Attributes:
        torch: as PyTorch calls it.
        quick: run everything once and tiny, to see that it runs; the figures mean nothing.
        rounds: of which the best counts.
    """

    torch: torch.device
    quick: bool
    rounds: int

    @property
    def is_gpu(self) -> bool:
        """Whether it is a CUDA GPU."""
        return self.torch.type == "cuda"

    @property
    def name(self) -> str:
        """The GPU's name, with its memory."""
        if not self.is_gpu:
            return "processor"
        about = torch.cuda.get_device_properties(self.torch)
        return f"{about.name}, {about.total_memory / 2**30:.0f} GiB"

    def synchronise(self) -> None:
        """Wait until all work is done."""
        if self.is_gpu:
            torch.cuda.synchronize(self.torch)

    def seconds(self, works: Mapping[str, Work]) -> dict[str, float]:
        """Wall seconds of one call of each, the best of all rounds; they take turns, many calls at a time."""
        repeated: dict[str, Work] = {}
        times: dict[str, int] = {}
        for name, work in works.items():
            self._repeat(work, 1)  # compiles, fills caches
            times[name] = 1 if self.quick else self._times(work)
            repeated[name] = partial(self._repeat, work, times[name])
        least = interleaved(repeated, self.rounds, warm=0 if self.quick else 1, clock=time.perf_counter)
        return {name: least[name] / times[name] for name in works}

    def _times(self, work: Work) -> int:
        started = time.perf_counter()
        self._repeat(work, 1)
        return math.ceil(_LEAST_S / max(time.perf_counter() - started, 1e-6))

    def _repeat(self, work: Work, times: int) -> None:
        for _ in range(times):
            work()
        self.synchronise()

    def free(self) -> None:
        """Give back what finished work has left in the memory and in the compiler."""
        torch._dynamo.reset()
        gc.collect()
        if self.is_gpu:
            torch.cuda.empty_cache()

    def bandwidth(self) -> float:
        """Bytes a second that a copy within the memory reads and writes: the ceiling that the shares refer to."""
        source = torch.zeros(_COPIED >> (10 if self.quick else 0), dtype=torch.uint8, device=self.torch)
        target = torch.empty_like(source)
        return 2 * source.nbytes / self.seconds({"copy": partial(target.copy_, source)})["copy"]

    def random(self, *shape: int) -> Tensor:
        """Float32 from 0 to 1."""
        return torch.rand(*shape, device=self.torch, generator=torch.Generator(self.torch).manual_seed(0))


def open_device(name: str, *, quick: bool, rounds: int) -> Device:
    """The device of this name.

    Raises:
        ConfigError: it is a GPU, and there is none.
    """
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "no CUDA GPU here, so there is nothing to measure; to see that the benchmark runs: --device cpu --quick"
        )
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark = True  # every way gets the fastest convolutions that there are
    return Device(device, quick, 1 if quick else rounds)
