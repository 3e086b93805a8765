"""From a batch as it is stored to what the network sees: on its device, as float32, augmented."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from monai.utils.enums import CommonKeys
from torch import Generator, Tensor

from ..errors import ConfigError
from .as_float import as_float
from .evaluated_share import own_rank

Augmentation = Callable[[Tensor, Generator], Tensor]


class PrepareBatch:
    """`prepare_batch` of MONAI's engines for batches of `CachedRadiographs`: whole numbers in, plain float32 out.

    Images cross to the device as they are stored, one or two bytes a pixel, and are augmented there, the batch at once.
    What is drawn depends on ``(seed, epoch, rank, batch of the epoch)`` alone, so that a resumed run sees the images of
    an unbroken one; `SeedEveryEpoch` tells the epoch.

    Args:
        augment: transforms of a batch, such as `lucency.transforms.BatchAffine`, in their order; none for evaluation.
        strong: with these, there are two views: the augmented image, and that changed further. See `TwoViewInferer`.
        seed: base seed of the run.

    Example:
        >>> batch = {"image": torch.tensor([[[[0, 255]]]], dtype=torch.uint8), "label": torch.ones(1, 2)}
        >>> images, targets = PrepareBatch()(batch)
        >>> images.flatten().tolist(), targets.tolist()
        ([0.0, 1.0], [[1.0, 1.0]])
        >>> len(PrepareBatch(strong=[])(batch))
        4
    """

    def __init__(
        self, *, augment: Sequence[Augmentation] = (), strong: Sequence[Augmentation] | None = None, seed: int = 0
    ) -> None:
        self.augment = list(augment)
        self.strong = None if strong is None else list(strong)
        self.seed = seed
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Begin an epoch: its first batch is the next."""
        self.epoch, self._batch = epoch, 0

    def __call__(
        self,
        batchdata: Mapping[str, Any],
        device: str | torch.device | None = None,
        non_blocking: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Give images and targets; with two views also the strong one and no named arguments for the inferer.

        Args:
            batchdata: with `image` (B, C, H, W), uint8, uint16 or float, and `label`.
            device: where the engine computes.
            non_blocking: see `torch.Tensor.to`; memory that is pinned needs no asking.
            **kwargs: of `torch.Tensor.to`, for the targets.

        Raises:
            ConfigError: one of the two is missing.
        """
        for key in (CommonKeys.IMAGE, CommonKeys.LABEL):
            if key not in batchdata:
                raise ConfigError(f"PrepareBatch: the batch has no {str(key)!r}; give records that hold it")
        stored, label = (torch.as_tensor(batchdata[key]) for key in (CommonKeys.IMAGE, CommonKeys.LABEL))
        images = as_float(stored, device, non_blocking=non_blocking)
        targets = label.as_subclass(Tensor).to(device=device, non_blocking=non_blocking or label.is_pinned(), **kwargs)
        if not self.augment and self.strong is None:
            return images, targets
        generator = self._generator()
        for transform in self.augment:
            images = transform(images, generator)
        if self.strong is None:
            return images, targets
        strong = images
        for transform in self.strong:
            strong = transform(strong, generator)
        return images, targets, (strong,), {}

    def _generator(self) -> Generator:
        """Of the next batch's numbers."""
        words = np.random.SeedSequence((self.seed, own_rank()[0], self.epoch, self._batch)).generate_state(2)
        self._batch += 1
        return Generator().manual_seed(int(words[0]) << 32 | int(words[1]))
