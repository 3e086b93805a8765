"""Training step of DenseNet121 on this CPU: float32 against bfloat16, interleaved in one run.

python scripts/benchmarks/cpu_autocast.py --size 128 --batch 32 --rounds 5
"""

import argparse
import time

import torch
from monai.networks.nets import DenseNet121

from lucency.engines import AutocastInferer
from lucency.losses import MaskedBCELoss


def step_seconds(enabled: bool, image: torch.Tensor, target: torch.Tensor, network: torch.nn.Module) -> float:
    """Time one forward and backward pass."""
    inferer, loss = AutocastInferer(enabled=enabled), MaskedBCELoss()
    started = time.perf_counter()
    loss(inferer(image, network), target).backward()
    return time.perf_counter() - started


def main() -> None:
    """Print the minimum over rounds of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("size", 128), ("batch", 32), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    network = DenseNet121(2, 1, 14).to(memory_format=torch.channels_last)
    image = torch.rand(arguments.batch, 1, arguments.size, arguments.size)
    target = torch.randint(0, 2, (arguments.batch, 14)).float()
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(arguments.rounds + 1):  # the first round warms up
        for enabled in seconds:
            seconds[enabled].append(step_seconds(enabled, image, target, network))
    slow, fast = (min(times[1:]) for times in seconds.values())
    print(f"threads {torch.get_num_threads()}, batch {arguments.batch} at {arguments.size}²")
    print(f"float32  {slow:.3f} s a step, {arguments.batch / slow:.1f} images/s")
    print(f"bfloat16 {fast:.3f} s a step, {arguments.batch / fast:.1f} images/s, ratio {slow / fast:.2f}")


if __name__ == "__main__":
    main()
