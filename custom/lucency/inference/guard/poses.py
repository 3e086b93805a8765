"""The eight ways in which a square image can lie: upright, turned, mirrored, transposed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Pose:
    """One element of the symmetry group of the square.

    Attributes:
        name: what has happened to the image, as a warning says it.
        undo: makes the image upright again; (..., S, S) to the same shape.
        apply: brings an upright image into this pose.
    """

    name: str
    undo: "Callable[[Tensor], Tensor]"
    apply: "Callable[[Tensor], Tensor]"


def _own_inverse(name: str, change: "Callable[[Tensor], Tensor]") -> Pose:
    return Pose(name, change, change)


POSES = (
    _own_inverse("upright", lambda image: image),
    Pose(
        "rotated by 90 degrees clockwise",
        lambda image: image.rot90(1, (-2, -1)),
        lambda image: image.rot90(-1, (-2, -1)),
    ),
    _own_inverse("rotated by 180 degrees", lambda image: image.rot90(2, (-2, -1))),
    Pose(
        "rotated by 90 degrees anticlockwise",
        lambda image: image.rot90(-1, (-2, -1)),
        lambda image: image.rot90(1, (-2, -1)),
    ),
    _own_inverse("mirrored left to right", lambda image: image.flip(-1)),
    _own_inverse("mirrored top to bottom", lambda image: image.flip(-2)),
    _own_inverse("transposed", lambda image: image.transpose(-2, -1)),
    _own_inverse("transposed along the other diagonal", lambda image: image.transpose(-2, -1).flip(-2, -1)),
)
"""Upright first; a pose's place in this tuple is its index everywhere."""


def undone(images: "Tensor") -> "Tensor":
    """Undo every pose of every image.

    Args:
        images: (B, 1, S, S).

    Returns:
        (B * 8, 1, S, S); the eight views of an image follow each other in the order of `POSES`.

    Example:
        >>> import torch
        >>> image = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> turned = POSES[1].apply(image)
        >>> turned.tolist()
        [[3.0, 1.0], [4.0, 2.0]]
        >>> undone(turned[None, None])[1, 0].tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """
    from torch import stack  # whoever only asks for names of poses does without

    return stack([pose.undo(images) for pose in POSES], dim=1).flatten(0, 1)
