"""A label-correlation head on a backbone of your own."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.jit import is_tracing  # type: ignore[attr-defined]

from ..errors import ConfigError
from .label_correlation import LabelCorrelationHead


class LabelCorrelationNet(nn.Module):
    """Any backbone that gives a feature map, with a `LabelCorrelationHead` on it; ours, for use in a configuration.

    Tensors:
        image: what the backbone takes.
        logits: (B, out_channels), before the sigmoid; in training `lucency.losses.LabelCorrelations`.

    Args:
        backbone: gives a feature map (B, in_channels, ...), or several in a list or tuple, of which the last counts, as
            MONAI's `EfficientNetBNFeatures` and `ResNetFeatures` do.
        in_channels: channels of that map.
        out_channels: one logit a finding.
        **head: the rest is that of `LabelCorrelationHead`.

    Raises:
        ConfigError: an argument that no such head can have; a backbone whose answer is no such map.

    Example:
        >>> import torch
        >>> from monai.networks.nets import EfficientNetBNFeatures
        >>> backbone = EfficientNetBNFeatures("efficientnet-b0", pretrained=False, spatial_dims=2, in_channels=1)
        >>> network = LabelCorrelationNet(backbone, in_channels=320, out_channels=14).eval()
        >>> network(torch.rand(2, 1, 64, 64)).shape
        torch.Size([2, 14])
    """

    def __init__(self, backbone: nn.Module, in_channels: int, out_channels: int, **head: Any) -> None:
        super().__init__()
        self.backbone = backbone
        self.in_channels = in_channels
        self.head = LabelCorrelationHead(in_channels, out_channels, **head)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, out_channels) of images; in training `LabelCorrelations`."""
        logits: Tensor = self.head(self._features(image))
        return logits

    def attention(self, image: Tensor) -> Tensor:
        """Where each label looks: (B, C, ...) of images, as large as the feature map, 1 in sum over the places."""
        return self.head.attention(self._features(image))

    def _features(self, image: Tensor) -> Tensor:
        answer = self.backbone(image)
        features: Tensor = answer if isinstance(answer, Tensor) else answer[-1]
        if torch.jit.is_scripting():  # type: ignore[attr-defined]
            return features
        else:  # noqa: RET505  this message does not compile; an `else` that is ruled out need not
            traced: bool = is_tracing()  # type: ignore[no-untyped-call]
            if not traced and (features.ndim < 3 or features.shape[1] != self.in_channels):
                raise ConfigError(
                    f"LabelCorrelationNet: {type(self.backbone).__name__} gives {tuple(features.shape)}, not "
                    f"(B, {self.in_channels}, ...); take its features before they are averaged, and their channels"
                )
            return features
