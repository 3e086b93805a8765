"""Brightness of a batch."""

from typing import Any

from torch import Generator, Tensor

from .batch_transform import BatchTransform, uniform


class BatchBrightness(BatchTransform):
    """Make images lighter or darker as a whole, by a uniform offset, as MONAI's `RandShiftIntensity` does.

    Args:
        prob: share of the images that are changed.
        offset: largest offset, to either side; images are in [0, 1], and nothing is cut off.

    Raises:
        ConfigError: an argument is out of range.

    Example:
        >>> import torch
        >>> changed = BatchBrightness(prob=1, offset=0.2)(torch.zeros(1, 1, 8, 8), Generator().manual_seed(0))
        >>> changed.unique().numel(), bool(changed.abs().max() <= 0.2)
        (1, True)
    """

    def __init__(self, *, prob: float, offset: float) -> None:
        super().__init__(prob=prob)
        self.offset = self._number("offset", offset, 0, 1)

    def draw(self, images: int, size: tuple[int, int], generator: Generator) -> dict[str, Any]:
        """Offsets (B,)."""
        return {"offset": uniform(images, -self.offset, self.offset, generator)}

    def change(self, images: Tensor, **drawn: Any) -> Tensor:
        """Add every image's offset."""
        offset: Tensor = drawn["offset"].to(images.dtype)
        return images + offset.view(-1, 1, 1, 1)
