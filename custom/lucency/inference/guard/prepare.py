"""What the image check sees of an image: its content without a frame, 64 pixels a side, whatever its grey scale."""

import torch
from torch import Tensor
from torch.nn import functional as F

from .image_network import BLACK, SIZE


def strip_border(image: Tensor) -> Tensor:
    """Cut off the rows and columns at the four sides that are all black, such as those that made an image square.

    Args:
        image: (H, W) in [0, 1].

    Returns:
        A view; an image that is black everywhere comes back whole.

    Example:
        >>> strip_border(torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.0]]))
        tensor([[0.5000]])
    """
    bright = image > BLACK
    rows, columns = bright.any(1).nonzero().flatten(), bright.any(0).nonzero().flatten()
    if not len(rows):
        return image
    return image[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]


def equalised(images: Tensor) -> Tensor:
    """Replace each pixel by its rank among the pixels of its image, from -1 for the darkest to 1 for the brightest.

    Equal pixels share their mean rank. No window, gamma or contrast changes the ranks, and inversion their sign alone.

    Args:
        images: (B, 1, H, W).

    Returns:
        Same shape, float32.

    Example:
        >>> equalised(torch.tensor([[[[0.1, 0.2], [0.2, 0.9]]]]))
        tensor([[[[-0.7500,  0.0000], [ 0.0000,  0.7500]]]])
    """
    flat = images.flatten(1).contiguous()
    ordered = flat.sort(1).values
    below, up_to = torch.searchsorted(ordered, flat), torch.searchsorted(ordered, flat, right=True)
    return ((below + up_to).float() / flat.shape[1] - 1).view_as(images)


def smoothed(images: Tensor) -> Tensor:
    """Average each pixel with its neighbours: how sharp an image is depends on the device, not on what it shows."""
    return F.avg_pool2d(images, 3, stride=1, padding=1, count_include_pad=False)


def prepare(image: Tensor) -> Tensor:
    """Make the network's input from one image.

    Args:
        image: (H, W) float32 in [0, 1].

    Returns:
        (1, 1, 64, 64) float32; the aspect ratio is not kept.
    """
    return equalised(smoothed(resized(strip_border(image), SIZE)))


def resized(image: Tensor, size: int) -> Tensor:
    """Resize (H, W) to (1, 1, size, size) by averaging areas."""
    return F.interpolate(image[None, None], size=(size, size), mode="area")
