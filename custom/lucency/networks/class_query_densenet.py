"""DenseNet121 whose classification weights are generated from class queries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from monai.networks.nets import DenseNet121

from .class_query import ClassQueryHead
from .query_vectors import Vectors


class ClassQueryDenseNet(DenseNet121):  # type: ignore[misc]
    r"""DenseNet121 with a `ClassQueryHead` on its averaged features; a **reconstruction** of Label-Assemble's network.

    Up to `dropout_prob` the arguments are those of MONAI's `DenseNet121`, in its order, and the features keep its
    names, so that weights of a plain DenseNet121 load with ``strict=False``. Seeded alike, both begin with the same
    features, and with one-hot queries and a linear controller with the same head.

    Kang et al.: Label-Assemble: Leveraging Multiple Datasets with Partial Labels, ISBI 2023 (arXiv:2109.12265).

    Tensors:
        image: (B, in_channels, H, W) floating point.
        logits: (B, out_channels), before the sigmoid.

    Args:
        spatial_dims: 2 for radiographs.
        in_channels: 1 for radiographs.
        out_channels: one logit a finding, the appended ones included.
        init_features: channels of the first convolution.
        growth_rate: channels that each layer adds.
        block_config: layers of each block; the default makes it DenseNet121, which is the paper's.
        pretrained: begin with torchvision's ImageNet weights, as the paper does; the first convolution keeps its
            random ones unless `in_channels` is 3.
        progress: show the download.
        bn_size: bottleneck of a layer, in multiples of `growth_rate`.
        act: activation, as MONAI spells it.
        norm: normalisation, as MONAI spells it.
        dropout_prob: dropout after each layer.
        query_dim: this and the rest are those of `ClassQueryHead`.
        init: how queries begin.
        learnable: whether queries are trained.
        controller: `linear` or `mlp`.
        hidden: hidden units of an `mlp`.
        image_conditioned: generate weights for each image too.
        reduced_features: features that image-conditioned weights act on.
        appended: how many of the last findings were appended.

    Raises:
        ConfigError: an argument that no such head can have; the message names it.

    Example:
        >>> import torch
        >>> network = ClassQueryDenseNet(spatial_dims=2, in_channels=1, out_channels=14, block_config=(2, 2)).eval()
        >>> network(torch.rand(3, 1, 64, 64)).shape
        torch.Size([3, 14])
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
        query_dim: int | None = None,
        init: str | Path | Vectors = "onehot",
        learnable: bool = True,
        controller: str = "linear",
        hidden: int = 64,
        image_conditioned: bool = False,
        reduced_features: int = 64,
        appended: int | Sequence[int] = (),
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
        plain = self.class_layers.out
        self.class_layers.out = ClassQueryHead(
            plain.in_features,
            out_channels,
            query_dim,
            init=init,
            learnable=learnable,
            controller=controller,
            hidden=hidden,
            image_conditioned=image_conditioned,
            reduced_features=reduced_features,
            appended=appended,
        )
        if self.class_layers.out.one_hot_linear:
            self.class_layers.out.take_linear(plain)
        self.features_frozen = False

    def train(self, mode: bool = True) -> Self:
        """Training mode; features that `append_findings` froze stay in evaluation mode, their statistics included."""
        super().train(mode)
        if self.features_frozen:
            self.features.eval()
        return self
