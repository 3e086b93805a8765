"""DenseNet121 with a label-correlation head."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai.networks.nets import DenseNet121
from torch import Tensor

from .label_correlation import LabelCorrelationHead
from .query_vectors import Vectors


class LabelCorrelationDenseNet(DenseNet121):  # type: ignore[misc]
    r"""DenseNet121 with a `LabelCorrelationHead` on its feature map; a **reconstruction** of Zhang et al.'s network.

    Up to `dropout_prob` the arguments are those of MONAI's `DenseNet121`, in its order, and the features keep its
    names, so that weights of a plain DenseNet121 load with ``strict=False``. Seeded alike, both begin with the same
    features.

    Zhang et al.: Label correlation guided discriminative label feature learning for multi-label chest image
    classification, Comput. Methods Programs Biomed. 245, 2024 (doi:10.1016/j.cmpb.2024.108032).

    Tensors:
        image: (B, in_channels, H, W) floating point, at least 29 pixels high and wide with four blocks.
        logits: (B, out_channels), before the sigmoid; in training `lucency.losses.LabelCorrelations`.

    Args:
        spatial_dims: 2 for radiographs.
        in_channels: 1 for radiographs.
        out_channels: one logit a finding.
        init_features: channels of the first convolution.
        growth_rate: channels that each layer adds.
        block_config: layers of each block; the default makes it DenseNet121.
        pretrained: begin with torchvision's ImageNet weights; the first convolution keeps its random ones unless
            `in_channels` is 3.
        progress: show the download.
        bn_size: bottleneck of a layer, in multiples of `growth_rate`.
        act: activation, as MONAI spells it.
        norm: normalisation, as MONAI spells it.
        dropout_prob: dropout after each layer.
        dim: this and the rest are those of `LabelCorrelationHead`.
        global_correlation: whether labels know of each other.
        projection: numbers of a feature in contrast; 0 for none.
        embeddings: how label embeddings begin.

    Raises:
        ConfigError: an argument that no such head can have; the message names it.

    Example:
        >>> import torch
        >>> network = LabelCorrelationDenseNet(spatial_dims=2, in_channels=1, out_channels=14, block_config=(2, 2))
        >>> image = torch.rand(3, 1, 64, 64)
        >>> network.eval()(image).shape, network.attention(image).shape
        (torch.Size([3, 14]), torch.Size([3, 14, 8, 8]))
    """

    def __init__(
        self,
        spatial_dims: int,
        in_channels: int,
        out_channels: int,
        init_features: int = 64,
        growth_rate: int = 32,
        block_config: Sequence[int] = (6, 12, 24, 16),
        pretrained: bool = False,
        progress: bool = True,
        *,
        bn_size: int = 4,
        act: str | tuple[str, dict[str, Any]] = ("relu", {"inplace": True}),
        norm: str | tuple[str, dict[str, Any]] = "batch",
        dropout_prob: float = 0.0,
        dim: int = 256,
        global_correlation: bool = True,
        projection: int = 128,
        embeddings: str | Path | Vectors = "normal",
    ) -> None:
        super().__init__(
            spatial_dims,
            in_channels,
            out_channels,
            init_features,
            growth_rate,
            block_config,
            pretrained,
            progress,
            bn_size=bn_size,
            act=act,
            norm=norm,
            dropout_prob=dropout_prob,
        )
        # MONAI's forward pass is class_layers of features; the head takes the map, neither averaged nor flat
        del self.class_layers.pool, self.class_layers.flatten
        self.class_layers.out = LabelCorrelationHead(
            self.class_layers.out.in_features,
            out_channels,
            dim=dim,
            global_correlation=global_correlation,
            projection=projection,
            embeddings=embeddings,
        )

    def attention(self, image: Tensor) -> Tensor:
        """Where each label looks: (B, C, h, w) of images (B, in_channels, H, W), 1 in sum over the places."""
        maps: Tensor = self.class_layers.out.attention(self.class_layers.relu(self.features(image)))
        return maps
