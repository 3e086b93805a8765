"""DenseNet121 (Huang et al., CVPR 2017) under the names that torchvision gives its tensors."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GROWTH, BLOCKS, BOTTLENECK, FIRST = 32, (6, 12, 24, 16), 4, 64


class DenseLayer(nn.Module):
    """1 x 1 and 3 x 3 convolution, each after normalisation; its output is appended to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, BOTTLENECK * GROWTH, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(BOTTLENECK * GROWTH)
        self.conv2 = nn.Conv2d(BOTTLENECK * GROWTH, GROWTH, kernel_size=3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.conv1(F.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(F.relu(self.norm2(narrow)))], dim=1)


class Transition(nn.Module):
    """Halves channels and resolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, channels // 2, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(self.conv(F.relu(self.norm(x))), kernel_size=2)


class ReferenceDenseNet121(nn.Module):
    """Image (B, C, H, W) to logits (B, L)."""

    def __init__(self, in_channels: int, outputs: int) -> None:
        super().__init__()
        features: OrderedDict[str, nn.Module] = OrderedDict()
        features["conv0"] = nn.Conv2d(in_channels, FIRST, kernel_size=7, stride=2, padding=3, bias=False)
        features["norm0"] = nn.BatchNorm2d(FIRST)
        features["relu0"] = nn.ReLU()
        features["pool0"] = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        channels = FIRST
        for number, layers in enumerate(BLOCKS, start=1):
            block = OrderedDict((f"denselayer{i + 1}", DenseLayer(channels + i * GROWTH)) for i in range(layers))
            features[f"denseblock{number}"] = nn.Sequential(block)
            channels += layers * GROWTH
            if number < len(BLOCKS):
                features[f"transition{number}"] = Transition(channels)
                channels //= 2
        features["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(features)
        self.classifier = nn.Linear(channels, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(F.relu(self.features(x)).mean(dim=(2, 3)))


def randomise(network: nn.Module, images: Tensor, seed: int) -> None:
    """Random weights and statistics under which the images' logits spread around 0, as after training.

    No activation dies or explodes, no probability is 0 or 1, and every tensor has values of its own: swapped or
    forgotten ones change the answer.
    """
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):  # drawn when it was made, by whatever state the process was in
            module.reset_parameters()
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    (linear,) = (module for module in network.modules() if isinstance(module, nn.Linear))
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.2)
        norm.momentum = 1.0
    nn.init.normal_(linear.weight)
    seen: list[Tensor] = []
    hook = linear.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        network.train()(images)
        network.eval()
        for norm in norms:
            norm.running_mean += norm.running_var.sqrt() * 0.1 * torch.randn_like(norm.running_mean)
            norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.8, 1.25)
        network(images)
        logits = seen[-1] @ linear.weight.T
        linear.weight /= logits.std(dim=0)[:, None]
        linear.bias.copy_(-(logits / logits.std(dim=0)).mean(dim=0))
    hook.remove()
