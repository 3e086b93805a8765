"""Training step of FineGrainedDenseNet against plain DenseNet121 on this CPU, interleaved in one run.

OMP_NUM_THREADS=1 python scripts/benchmarks/network_cost.py --size 224 --batch 8 --rounds 6
"""

import argparse
import time

import torch
from monai.losses import DeepSupervisionLoss
from monai.networks.nets import DenseNet121
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lucency.losses import MaskedBCELoss
from lucency.networks import FineGrainedDenseNet

FINDINGS = 14


def step_seconds(network: nn.Module, image: Tensor, target: Tensor) -> float:
    """CPU seconds of one forward and backward pass."""
    loss = DeepSupervisionLoss(MaskedBCELoss(), weights=[0.5, 0.5])  # of one tensor, just the loss within
    started = time.process_time()  # other programs on the machine do not count
    loss(network(image), target).backward()
    return time.process_time() - started


def forward_flops(network: nn.Module, image: Tensor) -> int:
    """Floating-point operations of the convolutions and matrix products for one image."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image[:1])
    return counter.get_total_flops()


def main() -> None:
    """Print parameters, operations and the minimum over rounds, all relative to plain DenseNet121 too."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("size", 224), ("batch", 8), ("rounds", 6)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    networks = {
        "DenseNet121": DenseNet121(2, 1, FINDINGS),
        "FineGrainedDenseNet": FineGrainedDenseNet(2, 1, FINDINGS),
        "  symmetric": FineGrainedDenseNet(2, 1, FINDINGS, symmetric=True),
        "  deep_supervision": FineGrainedDenseNet(2, 1, FINDINGS, deep_supervision=True),
    }
    image = torch.rand(arguments.batch, 1, arguments.size, arguments.size)
    target = torch.randint(0, 2, (arguments.batch, FINDINGS)).float()
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    for _ in range(arguments.rounds + 1):  # the first round warms up
        for name, network in networks.items():
            seconds[name].append(step_seconds(network.to(memory_format=torch.channels_last), image, target))
    print(f"CPU seconds of a step, threads {torch.get_num_threads()}, batch {arguments.batch} at {arguments.size}²")
    plain: tuple[float, ...] = ()
    for name, network in networks.items():
        count = sum(parameter.numel() for parameter in network.parameters())
        values = count / 1e6, forward_flops(network.eval(), image) / 1e9, min(seconds[name][1:])
        plain = plain or values
        columns = zip(values, plain, ("M parameters", "GFLOP an image", "s"), strict=True)
        print(f"{name:20}", ", ".join(f"{value:.3f} {unit} ({value / first:.3f} x)" for value, first, unit in columns))


if __name__ == "__main__":
    main()
