"""The strongly changed view of a batch, cheap enough for comparisons on a CPU."""

import torch
from torch import Tensor

CONTRAST = (0.5, 1.5)
BRIGHTNESS = 0.5  # of the standard deviation of training pixels, up and down
NOISE = 0.5  # likewise, at most
ERASED = (0.15, 0.4)  # of a side


def strong_view(batch: Tensor) -> Tensor:
    """Change contrast and brightness, add noise, and erase a rectangle, of each image on its own.

    For standardised images x: $c x + b + s n$ with c ~ U(0.5, 1.5), b ~ U(-0.5, 0.5), s ~ U(0, 0.5), n ~ N(0, 1); then
    a rectangle with sides of 15 to 40 % of the image's becomes 0, the mean grey. What is anatomically wrong, as
    flipping, is left out. The strengths are ours, in the spirit of the colour jitter, noise and erasing of Kang et al.

    Args:
        batch: float (B, 1, H, W), zero mean and unit deviation over the training pixels. Vectors (B, F) get contrast,
            brightness and noise of their own in the same way, and nothing is erased.

    Returns:
        Like `batch`. Draws from torch's global generator.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> images = torch.ones(2, 1, 20, 20)
        >>> changed = strong_view(images)
        >>> changed.shape == images.shape, bool((changed == 0).flatten(1).any(dim=1).all())
        (True, True)
    """
    each = (len(batch), *[1] * (batch.ndim - 1))
    changed = batch * _uniform(each, *CONTRAST, batch) + _uniform(each, -BRIGHTNESS, BRIGHTNESS, batch)
    changed = changed + _uniform(each, 0, NOISE, batch) * torch.randn_like(batch)
    if batch.ndim == 2:
        return changed
    inside = torch.ones_like(batch, dtype=torch.bool)
    for axis in (2, 3):
        pixels = batch.shape[axis]
        length = (_uniform(each, *ERASED, batch) * pixels).round().clamp(min=1)
        start = (_uniform(each, 0, 1, batch) * (pixels - length + 1)).floor()
        place = torch.arange(pixels, device=batch.device).view([-1 if at == axis else 1 for at in range(4)])
        inside = inside & (place >= start) & (place < start + length)
    return changed.masked_fill(inside, 0)


def _uniform(shape: tuple[int, ...], low: float, high: float, like: Tensor) -> Tensor:
    return low + (high - low) * torch.rand(shape, device=like.device, dtype=like.dtype)
