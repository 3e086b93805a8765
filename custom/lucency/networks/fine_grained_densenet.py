"""DenseNet121 with a bilinear head beside its plain one."""

from collections.abc import Sequence
from typing import Any

import torch
from monai.networks.nets import DenseNet121
from torch import Tensor

from ..errors import ConfigError
from .bilinear_head import BilinearHead

OUTPUTS = ("mean", "bilinear")


class FineGrainedDenseNet(DenseNet121):  # type: ignore[misc]
    r"""DenseNet121 whose logits come from averaged features and from pairs of features; a **reconstruction**.

    $z_{gap} = W_{gap} \operatorname{GAP}(f) + b_{gap}$ is MONAI's own head, $z_{bil}$ a `BilinearHead` on the same
    features $f$ (1024 x 7 x 7 for 224 x 224 pixels). The output is $(z_{gap} + z_{bil}) / 2$, or $z_{bil}$.

    Ge et al. combine bilinear pooling with the multi-label softmax loss and train with "equally weighted gradients".
    Their number of streams, dimensions and input size are unknown to us. Ours: one backbone for both streams,
    reductions to 128 channels each, heads of equal weight.

    Up to `dropout_prob` the arguments are those of MONAI's `DenseNet121`, in its order. The parameters keep its names,
    so that weights of a plain DenseNet121 load with ``strict=False``.

    Ge et al.: Chest X-rays Classification: A Multi-Label and Fine-Grained Problem, 2018 (arXiv:1807.07247);
    Multimedia Tools and Applications 79, 2020 (doi:10.1007/s11042-019-08260-2).

    Tensors:
        image: (B, in_channels, H, W) floating point, at least 29 pixels high and wide with four blocks.
        logits: (B, out_channels), before the sigmoid. In training with `deep_supervision`, a list of two of them.

    Args:
        spatial_dims: 2, radiographs are flat.
        in_channels: 1 for radiographs.
        out_channels: one logit a finding.
        init_features: channels of the first convolution.
        growth_rate: channels that each layer adds.
        block_config: layers of each block; the default makes it DenseNet121.
        bn_size: bottleneck of a layer, in multiples of `growth_rate`.
        act: activation, as MONAI spells it.
        norm: normalisation, as MONAI spells it.
        dropout_prob: dropout after each layer.
        pretrained: begin with torchvision's ImageNet weights; the first convolution keeps its random ones unless
            `in_channels` is 3.
        progress: show the download.
        reduced_channels: channels of the two bilinear streams.
        symmetric: one bilinear stream, multiplied with itself.
        output: `mean` of the two heads, or `bilinear` alone.
        deep_supervision: in training, give `[z_gap, z_bil]` for `monai.losses.DeepSupervisionLoss`, so that each head
            has a loss of its own. Without it the loss of `output` trains, and `output="bilinear"` freezes the plain
            head, which nothing would train.

    Raises:
        ConfigError: an argument that no such network can have; the message names it.

    Example:
        >>> network = FineGrainedDenseNet(spatial_dims=2, in_channels=1, out_channels=14, block_config=(2, 2)).eval()
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
        reduced_channels: Sequence[int] = (128, 128),
        symmetric: bool = False,
        output: str = "mean",
        deep_supervision: bool = False,
    ) -> None:
        _check("spatial_dims", spatial_dims, spatial_dims == 2, "give 2, radiographs are flat")
        is_list = isinstance(block_config, Sequence) and len(block_config) > 0
        _check("block_config", block_config, is_list, "give the layers of each block, such as [6, 12, 24, 16]")
        for name, number in [
            ("in_channels", in_channels),
            ("out_channels", out_channels),
            ("init_features", init_features),
            ("growth_rate", growth_rate),
            ("bn_size", bn_size),
            *(("block_config", layers) for layers in block_config),
        ]:
            _check(name, number, type(number) is int and number >= 1, "give a whole number from 1")
        _check("dropout_prob", dropout_prob, 0 <= dropout_prob < 1, "give a number from 0 to below 1")
        _check("output", output, output in OUTPUTS, f"give one of {', '.join(OUTPUTS)}")
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
        self.output = output
        self.deep_supervision = deep_supervision
        self.bilinear = BilinearHead(
            in_channels=self.class_layers.out.in_features,
            out_channels=out_channels,
            reduced_channels=reduced_channels,
            symmetric=symmetric,
            norm=norm,
        )
        # DistributedDataParallel stops at a trainable parameter without a gradient
        self.class_layers.out.requires_grad_(deep_supervision or output == "mean")

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, L); in training with `deep_supervision`, the list of `heads`.

        The annotation passes that list over: TorchScript knows one return type, and what is exported evaluates.
        """
        plain, bilinear = self.heads(image)
        logits = bilinear if self.output == "bilinear" else (plain + bilinear) / 2
        if torch.jit.is_scripting():  # type: ignore[attr-defined]
            return logits
        else:  # noqa: RET505  TorchScript compiles all that follows an `if`, but no `else` that it can rule out
            both = self.training and self.deep_supervision
            return [plain, bilinear] if both else logits  # type: ignore[return-value]

    def heads(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, L) of the plain head and of the bilinear head."""
        features = self.class_layers.relu(self.features(image))
        plain = self.class_layers.out(self.class_layers.flatten(self.class_layers.pool(features)))
        return plain, self.bilinear(features)


def _check(argument: str, value: object, right: bool, mend: str) -> None:
    if not right:
        raise ConfigError(f"FineGrainedDenseNet: {argument} is {value}; {mend}")
