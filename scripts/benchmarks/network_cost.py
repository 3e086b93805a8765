"""Training step of our networks against plain DenseNet121 on this CPU, interleaved in one run.

OMP_NUM_THREADS=1 python scripts/benchmarks/network_cost.py --size 224 --batch 8 --rounds 6

LabelCorrelationDenseNet learns from all parts of its loss, the others from binary cross-entropy.
"""

import argparse
import time

import torch
from monai.losses import DeepSupervisionLoss
from monai.networks.nets import DenseNet121
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lucency.losses import (
    CooccurrenceAnchor,
    CorrelationConsistency,
    LabelContrast,
    LabelCorrelationLoss,
    MaskedBCELoss,
    cooccurrence,
)
from lucency.networks import ClassQueryDenseNet, FineGrainedDenseNet, LabelCorrelationDenseNet


def loss_of(network: nn.Module, target: Tensor) -> nn.Module:
    """What the network learns from."""
    if isinstance(network, LabelCorrelationDenseNet):
        return LabelCorrelationLoss(
            consistency=CorrelationConsistency(),
            anchor=CooccurrenceAnchor(cooccurrence=cooccurrence(target)),
            contrast=LabelContrast(),
            contrast_ramp=0,
        )
    return DeepSupervisionLoss(MaskedBCELoss(), weights=[0.5, 0.5])  # of one tensor, just the loss within


def step_seconds(network: nn.Module, image: Tensor, target: Tensor) -> float:
    """CPU seconds of one forward and backward pass."""
    loss = loss_of(network, target)
    started = time.process_time()  # other programs on the machine do not count
    loss(network(image), target).backward()
    return time.process_time() - started


def forward_flops(network: nn.Module, image: Tensor) -> int:
    """Floating-point operations of the convolutions and matrix products for one image."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image[:1])
    return counter.get_total_flops()


def kept_bytes(network: nn.Module, image: Tensor) -> int:
    """Memory of what the forward pass keeps for the backward pass, parameters left out."""
    kept = {}
    own = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        logits = network(image)  # kept alive, or storages would be used again
    return sum(kept.values()) if logits is not None else 0


def main() -> None:
    """Print parameters, operations, memory and the minimum over rounds, all relative to plain DenseNet121 too."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("size", 224), ("batch", 8), ("rounds", 6), ("findings", 14)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--only", nargs="+", help="rows besides DenseNet121; all if left out")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    findings = arguments.findings
    networks = {
        "DenseNet121": DenseNet121(2, 1, findings),
        "FineGrainedDenseNet": FineGrainedDenseNet(2, 1, findings),
        "  symmetric": FineGrainedDenseNet(2, 1, findings, symmetric=True),
        "  deep_supervision": FineGrainedDenseNet(2, 1, findings, deep_supervision=True),
        "ClassQueryDenseNet": ClassQueryDenseNet(2, 1, findings),
        "  mlp": ClassQueryDenseNet(2, 1, findings, controller="mlp"),
        "  image_conditioned": ClassQueryDenseNet(2, 1, findings, controller="mlp", image_conditioned=True),
        "LabelCorrelationDenseNet": LabelCorrelationDenseNet(2, 1, findings),
    }
    wanted = {"DenseNet121", *(arguments.only or networks)}
    networks = {name: network for name, network in networks.items() if name.strip() in {w.strip() for w in wanted}}
    image = torch.rand(arguments.batch, 1, arguments.size, arguments.size)
    target = torch.randint(0, 2, (arguments.batch, findings)).float()
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    for _ in range(arguments.rounds + 1):  # the first round warms up
        for name, network in networks.items():
            seconds[name].append(step_seconds(network.to(memory_format=torch.channels_last), image, target))
    print(f"CPU seconds of a step, threads {torch.get_num_threads()}, batch {arguments.batch} at {arguments.size}²")
    plain: tuple[float, ...] = ()
    for name, network in networks.items():
        count = sum(parameter.numel() for parameter in network.parameters())
        kept = kept_bytes(network.train(), image) / 1e6
        values = count / 1e6, forward_flops(network.eval(), image) / 1e9, min(seconds[name][1:]), kept
        plain = plain or values
        columns = zip(values, plain, ("M parameters", "GFLOP an image", "s", "MB kept"), strict=True)
        print(f"{name:24}", ", ".join(f"{value:.3f} {unit} ({value / first:.3f} x)" for value, first, unit in columns))


if __name__ == "__main__":
    main()
