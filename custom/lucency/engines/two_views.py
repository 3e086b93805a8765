"""Two views of every image through one forward pass of MONAI's own trainer."""

from collections.abc import Mapping
from typing import Any

import torch
from monai.utils.enums import CommonKeys
from torch import Tensor, nn

from ..errors import ConfigError
from .autocast_inferer import AutocastInferer
from .ema_teacher import EmaTeacher

STRONG_VIEW = "image_strong"


def prepare_two_views(
    batchdata: Mapping[str, Any],
    device: str | torch.device | None = None,
    non_blocking: bool = False,
    **kwargs: Any,
) -> tuple[Tensor, Tensor, tuple[Tensor], dict[str, Any]]:
    """Take weak view, targets and strong view from a batch: `prepare_batch` of a trainer with a `TwoViewInferer`.

    Args:
        batchdata: with `image`, the weak view; `image_strong`; and `label`.
        device: where the trainer computes.
        non_blocking: see `torch.Tensor.to`.
        **kwargs: the same.

    Returns:
        Weak view, targets, the strong view as further argument of the inferer, and no named ones.

    Raises:
        ConfigError: one of the three is missing.

    Example:
        >>> batch = {"image": torch.tensor([0.5]), "image_strong": torch.tensor([0.9]), "label": torch.tensor([1.0])}
        >>> prepare_two_views(batch)
        (tensor([0.5000]), tensor([1.]), (tensor([0.9000]),), {})
    """
    for key in (CommonKeys.IMAGE, STRONG_VIEW, CommonKeys.LABEL):
        if key not in batchdata:
            raise ConfigError(
                f"prepare_two_views: the batch has no {str(key)!r}; make the strong view of a copy of the image, "
                "e.g. CopyItemsd(keys=image, names=image_strong), or take MONAI's own prepare_batch"
            )
    weak, strong, targets = (
        batchdata[key].to(device=device, non_blocking=non_blocking, **kwargs)
        for key in (CommonKeys.IMAGE, STRONG_VIEW, CommonKeys.LABEL)
    )
    return weak, targets, (strong,), {}


class TwoViewInferer(AutocastInferer):
    """Give the logits of both views, from one call of the network on both together; or of one, where there is one.

    One call, because batch normalisation then sees both views, and DistributedDataParallel allows one call a step. Its
    running statistics, which evaluation uses, are therefore those of weak and strong views mixed.

    Args:
        enabled: bfloat16 on CPUs, see `AutocastInferer`.
        teacher: gives its logits of the weak view too, without gradient.

    Raises:
        ConfigError: on call, a network in training with a teacher has no strong view: the teacher would go unheard.

    Returns:
        On call: float32 (or autocast's precision) logits (B, L) of the weak and the strong view, and with a teacher its
        own: what `lucency.losses.LabelAssembleLoss` takes. Called without a strong view, as in evaluation, it is
        `AutocastInferer`.

    Example:
        >>> views = TwoViewInferer()(torch.zeros(2, 4), nn.Linear(4, 3), torch.ones(2, 4))
        >>> [tuple(logits.shape) for logits in views]
        [(2, 3), (2, 3)]
    """

    def __init__(self, *, enabled: bool = False, teacher: EmaTeacher | None = None) -> None:
        super().__init__(enabled=enabled)
        self.teacher = teacher

    def __call__(self, inputs: Tensor, network: nn.Module, strong: Tensor | None = None) -> Any:
        """Give the logits of the views."""
        if strong is None:
            if self.teacher is not None and network.training:
                raise ConfigError(
                    "TwoViewInferer: has a teacher and no strong view; use prepare_two_views, or PrepareBatch with "
                    "strong transforms, or leave the teacher out"
                )
            return super().__call__(inputs, network)
        both: Any = super().__call__(torch.cat([inputs, strong]), network)
        views = both.chunk(2)
        if self.teacher is None:
            return views
        with torch.no_grad():
            return *views, super().__call__(inputs, self.teacher.network)
