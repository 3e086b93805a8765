"""The family of Grad-CAM written out from its papers: one image, one finding, channel by channel."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn


def features_and_gradients(network: nn.Module, image: Tensor, layer: str, finding: int) -> tuple[Tensor, Tensor]:
    """Activations of a layer and the logit's gradient by them, both (K, h, w), without any hook's help."""
    network = copy.deepcopy(network).eval()
    for module in network.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    *path, name = layer.split(".")
    parent = network.get_submodule(".".join(path))
    wrapped = _Kept(getattr(parent, name))
    setattr(parent, name, wrapped)
    network(image[None])[0, finding].backward()
    return wrapped.output[0].detach(), wrapped.output.grad[0]


class _Kept(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        self.output = self.inner(x)
        self.output.retain_grad()
        return self.output


def grad_cam(features: Tensor, gradients: Tensor) -> Tensor:
    """Selvaraju et al. 2017, equations 1 and 2."""
    total = torch.zeros(features.shape[1:])
    for activation, gradient in zip(features, gradients, strict=True):
        total += gradient.sum() / gradient.numel() * activation
    return total.clamp(min=0)


def grad_cam_plus_plus(features: Tensor, gradients: Tensor) -> Tensor:
    """Chattopadhay et al. 2018, equations 5, 10 and 19, without the factor exp(logit) that all places share."""
    total = torch.zeros(features.shape[1:])
    for activation, gradient in zip(features, gradients, strict=True):
        weight = 0.0
        for row in range(activation.shape[0]):
            for column in range(activation.shape[1]):
                g = gradient[row, column].item()
                below = 2 * g**2 + activation.sum().item() * g**3
                weight += (g**2 / below if below else 0.0) * max(g, 0.0)
        total += weight * activation
    return total.clamp(min=0)


def hires_cam(features: Tensor, gradients: Tensor) -> Tensor:
    """Draelos and Carin 2020, section 3.2."""
    total = torch.zeros(features.shape[1:])
    for activation, gradient in zip(features, gradients, strict=True):
        total += gradient * activation
    return total.clamp(min=0)


METHODS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "gradcam": grad_cam,
    "gradcam++": grad_cam_plus_plus,
    "hirescam": hires_cam,
}
