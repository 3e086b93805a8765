"""The benchmarks as programs: which there are, and how one is run."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from lucency.errors import ConfigError

from .rows import Row, read

FOLDER = Path(__file__).parents[1]
BENCHMARKS = {
    "loader": "from a file to a tensor",
    "feed": "the pixel cache and what it feeds",
    "loop": "what the engines cost around the network",
    "train_step": "a step of training",
    "inference": "from DICOM to probabilities",
    "cold": "one image, process start and all",
    "metrics_scale": "metrics and their intervals for a million images",
    "ray_scale": "several workers",
    "gpu": "the network on a GPU",
}
TITLES = {
    "1": "Loader",
    "2": "Pixel cache and feed",
    "3": "Training",
    "4": "Inference",
    "5": "Metrics",
    "6": "GPU",
    "7": "Beyond one machine",
}
"""Of the items of the list of targets."""
_QUICK = {"gpu": ("--quick",)}
"""What asks for one round, where one round alone is long."""
LONGEST_S = 2 * 3600.0
_GPU = Path("/dev/nvidiactl")


@dataclass(frozen=True)
class Outcome:
    """What a benchmark found, or why it found nothing.

    Attributes:
        name: of the benchmark.
        rows: its figures.
        command: that ran it.
        reason: why there are no rows; empty where there are.
        failed: whether that is a failure, and not for want of a device.
        seconds: that it took, by the clock.
    """

    name: str
    rows: tuple[Row, ...] = ()
    command: str = ""
    reason: str = ""
    failed: bool = False
    seconds: float = 0.0


def chosen(names: str) -> list[str]:
    """The benchmarks of these names, with commas between them, in the order of `BENCHMARKS`.

    Raises:
        ConfigError: there is no such benchmark.
    """
    asked = {name.strip() for name in names.split(",") if name.strip()}
    if unknown := sorted(asked - set(BENCHMARKS)):
        raise ConfigError(f"--only {','.join(unknown)}: no such benchmark; there are {', '.join(BENCHMARKS)}")
    return [name for name in BENCHMARKS if name in asked]


def run(name: str, work: Path, quick: bool = False, folder: Path = FOLDER) -> Outcome:
    """Run one in a process of its own, with one thread unless it asks for more.

    Args:
        name: of `BENCHMARKS`.
        work: gets its file of figures.
        quick: one round.
        folder: of the scripts.
    """
    if name == "gpu" and not _GPU.exists():
        return Outcome(name, reason="not run: this machine has no NVIDIA GPU")
    figures = work / f"{name}.json"
    few = _QUICK.get(name, ("--rounds", "1")) if quick else ()
    command = [sys.executable, str(folder / f"{name}.py"), "--json", str(figures), *few]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or everybody's start-up would be compilation
    start = time.monotonic()
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return Outcome(name, reason=f"took more than {LONGEST_S:g} s", failed=True, seconds=LONGEST_S)
    seconds = time.monotonic() - start
    if done.returncode or not figures.is_file():
        last = (done.stderr.strip().splitlines() or [f"ended with code {done.returncode} and without figures"])[-1]
        return Outcome(name, reason=last, failed=True, seconds=seconds)
    rows, about = read(figures)
    return Outcome(name, tuple(rows), str(about.get("command", "")), seconds=seconds)
