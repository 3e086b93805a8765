"""Contrast of a batch."""

from typing import Any

from torch import Generator, Tensor

from .batch_transform import BatchTransform, uniform


class BatchContrast(BatchTransform):
    r"""Draw the greys of images apart or together about their mean, $\bar x + (1 + f)\,(x - \bar x)$.

    $f$ is uniform, as in MONAI's `RandScaleIntensityFixedMean`; nothing is cut off.

    Args:
        prob: share of the images that are changed.
        factor: largest $f$, to either side.

    Raises:
        ConfigError: an argument is out of range.

    Example:
        >>> import torch
        >>> changed = BatchContrast(prob=1, factor=0.5)(torch.rand(2, 1, 8, 8), Generator().manual_seed(0))
        >>> changed.shape
        torch.Size([2, 1, 8, 8])
    """

    def __init__(self, *, prob: float, factor: float) -> None:
        super().__init__(prob=prob)
        self.factor = self._number("factor", factor, 0, 1)

    def draw(self, images: int, size: tuple[int, int], generator: Generator) -> dict[str, Any]:
        """Factors (B,)."""
        return {"factor": uniform(images, -self.factor, self.factor, generator)}

    def change(self, images: Tensor, **drawn: Any) -> Tensor:
        """Change the contrast of every image."""
        mean = images.mean(dim=(1, 2, 3), keepdim=True)
        return (images - mean).mul_(1 + drawn["factor"].to(images.dtype).view(-1, 1, 1, 1)).add_(mean)
